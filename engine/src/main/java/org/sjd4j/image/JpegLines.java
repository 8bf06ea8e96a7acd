package org.sjd4j.image;

import java.awt.image.Raster;

/**
 * The components of a JPEG file, line by line. The JDK's libjpeg 6b repeats the lines of a component that has only every second
 * one; here they are mixed as libjpeg-turbo does ({@code h1v2_fancy_upsample}). Such files come from images of cameras
 * that were turned by a quarter without decoding.
 */
final class JpegLines {
    private final Raster components;
    private final boolean[] halfHigh;
    private final int[] nearest;

    /**
     * @param components as the JDK's reader decodes them, one band for each
     */
    JpegLines(Raster components, JpegHeader header) {
        this.components = components;
        this.nearest = new int[components.getWidth() * components.getNumBands()];
        this.halfHigh = new boolean[components.getNumBands()];
        var factors = header.components();
        int across =
                factors.stream().mapToInt(JpegHeader.Component::across).max().orElseThrow();
        int down = factors.stream().mapToInt(JpegHeader.Component::down).max().orElseThrow();
        for (int band = 0; band < halfHigh.length; band++) {
            var factor = factors.get(band);
            halfHigh[band] = factor.across() == across && 2 * factor.down() == down;
        }
    }

    /** Writes the samples of a line, pixel by pixel. */
    void read(int y, int[] line) {
        int width = components.getWidth();
        components.getPixels(0, y, width, 1, line);
        int bands = halfHigh.length;
        for (int band = 0; band < bands; band++) {
            if (halfHigh[band]) {
                int even = 1 - y % 2;
                int other = Math.clamp(y / 2 + 1 - 2 * even, 0, (components.getHeight() - 1) / 2);
                components.getPixels(0, 2 * other, width, 1, nearest);
                for (int at = band; at < line.length; at += bands) {
                    line[at] = 3 * line[at] + nearest[at] + 2 - even >> 2;
                }
            }
        }
    }
}
