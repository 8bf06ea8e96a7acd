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
    record Mark(String glyph, Color colour, String label) {
        /** The colour as CSS writes it. */
        String hex() {
            return String.format(Locale.ROOT, "#%06x", colour.getRGB() & 0xffffff);
        }
    }
}
