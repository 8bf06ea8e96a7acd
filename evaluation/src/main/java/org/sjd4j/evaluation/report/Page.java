package org.sjd4j.evaluation.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.sjd4j.evaluation.Table;

/** An HTML page that grows from top to bottom and needs no other file. Its methods take plain text and escape it. */
final class Page {
    private static final String STYLE = resource("report.css");

    private final StringBuilder html = new StringBuilder();

    /** A page with nothing but a heading, which is its title, too. */
    Page(String heading, String title) {
        html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
                .append(escape(title))
                .append("</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n</head>\n<body>\n<h1>")
                .append(escape(heading))
                .append("</h1>\n");
    }

    private static String resource(String name) {
        try (var stream = Objects.requireNonNull(Page.class.getResourceAsStream(name), name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }

    Page section(String heading) {
        html.append("<h2>").append(escape(heading)).append("</h2>\n");
        return this;
    }

    Page paragraph(String text) {
        html.append("<p>").append(escape(text)).append("</p>\n");
        return this;
    }

    Page note(String text) {
        html.append("<p class=\"note\">").append(escape(text)).append("</p>\n");
        return this;
    }

    /** Decoders that the model cannot run, with the reason, by label. */
    Page leftOut(Map<String, String> reasons) {
        reasons.forEach((label, reason) -> note("Left out: " + label + ": " + reason));
        return this;
    }

    /** A table that scrolls sideways below its first column where the screen is narrow. */
    Page table(Table table) {
        html.append("<div class=\"scroll\"><table>\n<thead><tr>");
        for (var column : table.columns()) {
            html.append("<th scope=\"col\">").append(escape(column.heading())).append("</th>");
        }
        html.append("</tr></thead>\n<tbody>\n");
        for (var row : table.rows()) {
            html.append("<tr><td>").append(breakable(row.getFirst().text())).append("</td>");
            row.stream()
                    .skip(1)
                    .forEach(cell ->
                            html.append("<td>").append(escape(cell.text())).append("</td>"));
            html.append("</tr>\n");
        }
        html.append("</tbody>\n</table></div>\n");
        return this;
    }

    /** Names and values that are folded away until someone wants to know. */
    Page details(String heading, Map<String, ?> values) {
        html.append("<details><summary>").append(escape(heading)).append("</summary>\n<dl>\n");
        values.forEach((name, value) -> html.append("<dt>")
                .append(escape(name.replace('_', ' ')))
                .append("</dt><dd>")
                .append(escape(String.valueOf(value)))
                .append("</dd>\n"));
        html.append("</dl></details>\n");
        return this;
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
        Figure.appendTo(html, marks);
        return this;
    }

    /** A plot of its own. */
    Page plot(Figure figure) {
        return grid("wide", List.of(figure));
    }

    private Page grid(String style, List<Figure> figures) {
        html.append("<div class=\"").append(style).append("\">\n");
        figures.forEach(figure -> figure.appendTo(html));
        html.append("</div>\n");
        return this;
    }

    Page images(ImageRow row) {
        html.append(row.html());
        return this;
    }

    /** How large the page's file would be. */
    int bytes() {
        return bytes(html.toString());
    }

    static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** The whole page. */
    String finish() {
        return html + "</body>\n</html>\n";
    }

    /** A number and what it counts: {@code 1 prompt}, {@code 2 prompts}. */
    static String count(int number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    /** Text that may go on in the next line after a colon or comma, as a decoder with settings needs on a phone. */
    static String breakable(String text) {
        return escape(text).replace(":", ":<wbr>").replace(",", ",<wbr>");
    }

    /** Text that is safe in content and in quoted attributes. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
