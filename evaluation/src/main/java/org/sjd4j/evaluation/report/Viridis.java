package org.sjd4j.evaluation.report;

import java.awt.Color;
import java.util.List;
import org.jfree.chart.renderer.PaintScale;

/**
 * The colour map of Smith and van der Walt (Matplotlib, CC0): equal steps of the value are equal steps for the eye, for
 * colour-blind readers and in grey print, too.
 *
 * @param low the value of the darkest colour
 * @param high the value of the brightest one, larger than {@code low}
 */
record Viridis(double low, double high) implements PaintScale {
    /** The map at ten values with equal distances. */
    private static final List<Color> COLOURS = List.of(
            new Color(0x440154),
            new Color(0x482878),
            new Color(0x3E4A89),
            new Color(0x31688E),
            new Color(0x26828E),
            new Color(0x1F9E89),
            new Color(0x35B779),
            new Color(0x6DCD59),
            new Color(0xB4DE2C),
            new Color(0xFDE725));

    @Override
    public double getLowerBound() {
        return low;
    }

    @Override
    public double getUpperBound() {
        return high;
    }

    @Override
    public Color getPaint(double value) {
        double place = Math.clamp((value - low) / (high - low), 0, 1) * (COLOURS.size() - 1);
        int below = Math.min((int) place, COLOURS.size() - 2);
        float share = (float) (place - below);
        float[] from = COLOURS.get(below).getRGBColorComponents(null);
        float[] to = COLOURS.get(below + 1).getRGBColorComponents(null);
        return new Color(
                from[0] + share * (to[0] - from[0]),
                from[1] + share * (to[1] - from[1]),
                from[2] + share * (to[2] - from[2]));
    }
}
