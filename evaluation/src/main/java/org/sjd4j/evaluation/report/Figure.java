package org.sjd4j.evaluation.report;

import java.awt.Color;
import java.util.List;
import java.util.Locale;

/**
 * A plot as a page shows it. Title, legend and caption are text of the page, so that they stay readable however small
 * the plot gets.
 *
 * @param title what is plotted
 * @param image a {@link DataUri} with axes and units
 * @param legend what the colours and marks mean, if the axes do not say it
 * @param reading one sentence that says how to read it, or nothing where the section has said it
 */
record Figure(String title, String image, List<Mark> legend, String reading) {
    /**
     * An entry of a legend.
     *
     * @param glyph the mark as a character
     */
    record Mark(String glyph, Color colour, String label) {}

    void appendTo(StringBuilder html) {
        html.append("<figure><h3>")
                .append(Page.breakable(title))
                .append("</h3>\n<img alt=\"")
                .append(Page.escape("Plot: " + title))
                .append("\" src=\"")
                .append(image)
                .append("\">\n");
        appendTo(html, legend);
        if (!reading.isEmpty()) {
            html.append("<figcaption>").append(Page.escape(reading)).append("</figcaption>\n");
        }
        html.append("</figure>\n");
    }

    /** A legend, which several plots may share. */
    static void appendTo(StringBuilder html, List<Mark> legend) {
        if (legend.isEmpty()) {
            return;
        }
        html.append("<ul class=\"legend\">");
        for (var mark : legend) {
            html.append("<li><span style=\"color:")
                    .append(String.format(Locale.ROOT, "#%06x", mark.colour().getRGB() & 0xffffff))
                    .append("\">")
                    .append(mark.glyph())
                    .append("</span>")
                    .append(Page.breakable(mark.label()))
                    .append("</li>");
        }
        html.append("</ul>\n");
    }
}
