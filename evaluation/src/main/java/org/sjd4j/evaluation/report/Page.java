package org.sjd4j.evaluation.report;

import com.samskivert.mustache.Template;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.sjd4j.evaluation.Table;

/**
 * An HTML page that grows from top to bottom and needs no other file. Its methods take plain text; {@code page.mustache} makes
 * HTML of it.
 */
final class Page {
    private static final Template TEMPLATE = Templates.named("page");
    private static final String STYLE = Templates.text("report.css");

    private final String heading;
    private final String title;

    /** Each has one entry: what kind of part it is, and what the template needs for that kind. */
    private final List<Map<String, Object>> parts = new ArrayList<>();

    /** A value that has a name. */
    private record Named(String name, String value) {}

    /** A page with nothing but a heading, which is its title, too. */
    Page(String heading, String title) {
        this.heading = heading;
        this.title = title;
    }

    private Page add(String kind, Object values) {
        parts.add(Map.of(kind, values));
        return this;
    }

    Page section(String heading) {
        return add("section", heading);
    }

    Page paragraph(String text) {
        return add("paragraph", text);
    }

    Page note(String text) {
        return add("note", text);
    }

    /** Decoders that the model cannot run, with the reason, by label. */
    Page leftOut(Map<String, String> reasons) {
        reasons.forEach((label, reason) -> note("Left out: " + label + ": " + reason));
        return this;
    }

    /** A table that scrolls sideways below its first column where the screen is narrow. */
    Page table(Table table) {
        return add("table", table);
    }

    /** Names and values that are folded away until someone wants to know. */
    Page details(String heading, Map<String, ?> values) {
        var named = values.entrySet().stream()
                .map(entry -> new Named(entry.getKey().replace('_', ' '), String.valueOf(entry.getValue())))
                .toList();
        return add("details", Map.of("summary", heading, "values", named));
    }

    /** Large plots, two side by side where there is room. */
    Page plots(List<Figure> figures) {
        return grid("plots", figures);
    }

    /** Small plots, two side by side even on a phone. */
    Page maps(List<Figure> figures) {
        return grid("maps", figures);
    }

    /** What the colours of the plots that follow mean. */
    Page legend(List<Figure.Mark> marks) {
        return add("legend", marks);
    }

    /** A plot of its own. */
    Page plot(Figure figure) {
        return grid("wide", List.of(figure));
    }

    private Page grid(String style, List<Figure> figures) {
        return add("grid", Map.of("style", style, "figures", figures));
    }

    Page images(ImageRow row) {
        return add("images", row);
    }

    /** How large the page's file would be. */
    int bytes() {
        return bytes(finish());
    }

    static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** The whole page. */
    String finish() {
        return Templates.render(TEMPLATE, Map.of("title", title, "heading", heading, "style", STYLE, "parts", parts));
    }

    /** A number and what it counts: {@code 1 prompt}, {@code 2 prompts}. */
    static String count(int number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
