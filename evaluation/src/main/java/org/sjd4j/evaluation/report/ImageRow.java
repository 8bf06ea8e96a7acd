package org.sjd4j.evaluation.report;

import java.util.List;
import java.util.Locale;
import org.sjd4j.evaluation.Run;

/**
 * Images of one prompt and seed side by side.
 *
 * @param pictures at least one
 */
record ImageRow(String prompt, long seed, List<Picture> pictures) {
    /**
     * An image and where it came from.
     *
     * @param run with or without pixels
     * @param source a {@link DataUri}
     */
    record Picture(Run run, String source) {}

    String html() {
        var html = new StringBuilder("<h3>“" + Page.escape(prompt) + "”, seed " + seed + "</h3>\n");
        html.append("<div class=\"pictures\">\n");
        for (var picture : pictures) {
            var run = picture.run();
            html.append("<figure><img alt=\"")
                    .append(Page.escape(prompt + ", drawn by " + run.choice().label()))
                    .append("\" src=\"")
                    .append(picture.source())
                    .append("\"><figcaption><strong>")
                    .append(Page.breakable(run.choice().label()))
                    .append("</strong><br>")
                    .append(Page.count(run.statistics().steps(), "step"))
                    .append(String.format(Locale.ROOT, ", %.2f s", run.timing().total()))
                    .append(sameness(run))
                    .append("</figcaption></figure>\n");
        }
        return html.append("</div>\n").toString();
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
}
