package org.sjd4j.evaluation;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.sjd4j.decode.Sampling;

/**
 * A {@link Comparison} as one HTML file that needs nothing else: the summary, plots, and the pictures of each prompt and
 * seed next to each other.
 */
public final class HtmlReport {
    private static final String STYLE = """
            :root { color-scheme: light; }
            body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 0 auto; padding: 1rem;
                   max-width: 75rem; }
            h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; }
            h3 { font-size: 1rem; font-weight: 600; margin: 1.2rem 0 .4rem; overflow-wrap: anywhere; }
            .scroll { overflow-x: auto; }
            table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
            th, td { padding: .35rem .6rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
            th { vertical-align: bottom; white-space: normal; font-weight: 600; border-bottom: 2px solid #888; }
            th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: #fff;
                                             white-space: normal; min-width: 6.5rem; max-width: 16rem; }
            @media (max-width: 40rem) { th:first-child, td:first-child { max-width: 8rem; } }
            .note { color: #555; font-size: .9rem; }
            .plots { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); }
            .plots figure { margin: 0; } .plots img { width: 100%; height: auto; }
            .pictures { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(8.2rem, 10rem)); }
            .pictures figure { margin: 0; font-size: .8rem; line-height: 1.35; break-inside: avoid; }
            .pictures img { width: 100%; height: auto; display: block; border: 1px solid #ddd; box-sizing: border-box; }
            .pictures strong { overflow-wrap: anywhere; }
            .same { color: #005b8e; } .other { color: #8a3b00; }
            @page { size: landscape; margin: 12mm; }
            @media print { body { max-width: none; padding: 0; font-size: 10.5pt; } .scroll { overflow: visible; }
                           table { font-size: 8pt; } th, td { padding: .2rem .35rem; } h2, h3 { break-after: avoid; } }
            """;

    private HtmlReport() {}

    /**
     * The report as HTML.
     *
     * @param model the model's name
     * @param comparison with its pictures kept, or they are missing
     */
    public static String of(String model, Comparison comparison) {
        var plan = comparison.plan();
        var summaries = comparison.summaries();
        var html = new StringBuilder();
        html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<title>Decoders side by side: ")
                .append(escape(model))
                .append("</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n</head>\n<body>\n<h1>Decoders side by side</h1>\n<p>Model <strong>")
                .append(escape(model))
                .append("</strong>, ")
                .append(escape(sampling(plan.sampling())))
                .append(". ")
                .append(count(plan.prompts().size(), "prompt"))
                .append(", ")
                .append(count(plan.seeds().size(), "seed"))
                .append(" each. Speed-ups are those of pictures made one right after the other.</p>\n");
        comparison
                .skipped()
                .forEach((label, reason) -> html.append("<p class=\"note\">Left out: ")
                        .append(escape(label))
                        .append(": ")
                        .append(escape(reason))
                        .append("</p>\n"));
        html.append("<h2>Summary</h2>\n");
        table(html, ComparisonReport.table("Summary", summaries));
        html.append("<p class=\"note\">Means ± standard errors")
                .append(plan.prompts().size() > 1 ? " over prompts" : " over seeds")
                .append(". A lossless decoder draws from the same distribution as ar; a seed-exact one draws the same")
                .append(" tokens. “Outside the network” is the share of decoding that is not forward passes.</p>\n");
        plots(html, comparison, summaries);
        html.append("<h2>Pictures</h2>\n");
        for (String prompt : plan.prompts()) {
            for (long seed : plan.seeds()) {
                pictures(html, comparison, prompt, seed);
            }
        }
        return html.append("</body>\n</html>\n").toString();
    }

    private static String count(int number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    private static String sampling(Sampling sampling) {
        var parts = new ArrayList<String>();
        parts.add(sampling.guided() ? "guidance scale " + sampling.guidanceScale() : "no guidance");
        parts.add("temperature " + sampling.temperature());
        parts.add(sampling.topK() == 0 ? "no top-k" : "top-k " + sampling.topK());
        parts.add(sampling.topP() == 1 ? "no top-p" : "top-p " + sampling.topP());
        return String.join(", ", parts);
    }

    private static void table(StringBuilder html, Table table) {
        html.append("<div class=\"scroll\"><table>\n<thead><tr>");
        table.columns()
                .forEach(column -> html.append("<th scope=\"col\">")
                        .append(escape(column.heading()))
                        .append("</th>"));
        html.append("</tr></thead>\n<tbody>\n");
        for (var row : table.rows()) {
            html.append("<tr>");
            html.append("<td>").append(breakable(row.getFirst().text())).append("</td>");
            row.stream()
                    .skip(1)
                    .forEach(cell ->
                            html.append("<td>").append(escape(cell.text())).append("</td>"));
            html.append("</tr>\n");
        }
        html.append("</tbody>\n</table></div>\n");
    }

    private static void plots(StringBuilder html, Comparison comparison, List<Summary> summaries) {
        html.append("<h2>Plots</h2>\n<div class=\"plots\">\n");
        plot(html, Charts.steps(summaries), "Bar chart of the mean forward passes per picture of each decoder");
        if (summaries.size() > 1) {
            plot(html, Charts.accepted(comparison), "Line chart of how many tokens each decoder accepts in one step");
        }
        html.append("</div>\n");
    }

    private static void plot(StringBuilder html, byte[] png, String description) {
        html.append("<figure><img alt=\"")
                .append(escape(description))
                .append("\" src=\"")
                .append(data(png))
                .append("\"></figure>\n");
    }

    private static void pictures(StringBuilder html, Comparison comparison, String prompt, long seed) {
        html.append("<h3>“")
                .append(escape(prompt))
                .append("”, seed ")
                .append(seed)
                .append("</h3>\n<div class=\"pictures\">\n");
        for (Run run : comparison.runs()) {
            BufferedImage image = run.image();
            if (run.prompt().equals(prompt) && run.seed() == seed && image != null) {
                html.append("<figure><img alt=\"")
                        .append(escape(prompt + ", drawn by " + run.choice().label()))
                        .append("\" src=\"")
                        .append(data(png(image)))
                        .append("\"><figcaption><strong>")
                        .append(breakable(run.choice().label()))
                        .append("</strong><br>")
                        .append(count(run.statistics().steps(), "step"))
                        .append(String.format(
                                Locale.ROOT, ", %.2f s", run.timing().total()))
                        .append(sameness(run))
                        .append("</figcaption></figure>\n");
            }
        }
        html.append("</div>\n");
    }

    private static String sameness(Run run) {
        if (run.choice().isBaseline()) {
            return "";
        }
        return run.identical()
                ? "<br><span class=\"same\">= identical to ar</span>"
                : String.format(
                        Locale.ROOT,
                        "<br><span class=\"other\">≠ %.0f %% same tokens</span>",
                        Math.floor(100 * run.sameTokens()));
    }

    private static byte[] png(BufferedImage image) {
        var bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot encode a picture", e);
        }
        return bytes.toByteArray();
    }

    private static String data(byte[] png) {
        return "data:image/png;base64," + new String(Base64.getEncoder().encode(png), StandardCharsets.US_ASCII);
    }

    /** Text that may go on in the next line after a colon or comma, as a decoder with settings needs on a phone. */
    private static String breakable(String text) {
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
