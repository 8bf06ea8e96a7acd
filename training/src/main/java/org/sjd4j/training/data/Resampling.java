package org.sjd4j.training.data;

import java.awt.image.BufferedImage;

/**
 * Resizing by a separable triangle filter that widens with the reduction: every pixel of the source counts when a
 * image shrinks, and it is linear interpolation when it grows. Beyond the edges the nearest pixel goes on.
 */
final class Resampling {
    private Resampling() {}

    /**
     * A square piece of an opaque image in another size.
     *
     * @param left left edge of the piece in pixels of the source; may lie outside
     * @param top upper edge of the piece
     * @param side width and height of the piece
     * @param size width and height of the result, of type {@link BufferedImage#TYPE_INT_RGB}
     */
    static BufferedImage square(BufferedImage source, double left, double top, double side, int size) {
        return piece(source, left, top, side / size, size, size);
    }

    /**
     * A piece of an opaque image in another size.
     *
     * @param left left edge of the piece in pixels of the source; may lie outside
     * @param top upper edge of the piece
     * @param step width and height in the source of a pixel of the result
     * @param width width of the result, of type {@link BufferedImage#TYPE_INT_RGB}
     * @param height height of the result
     */
    static BufferedImage piece(BufferedImage source, double left, double top, double step, int width, int height) {
        var columns = taps(left, step, width, source.getWidth());
        var rows = taps(top, step, height, source.getHeight());
        var first = rows[0].first;
        var count = rows[height - 1].first + rows[height - 1].weights.length - first;
        var narrowed = new float[count][];
        for (var y = 0; y < count; y++) {
            narrowed[y] = narrow(source, first + y, columns);
        }
        var result = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        var sum = new float[3];
        for (var y = 0; y < height; y++) {
            for (var x = 0; x < width; x++) {
                sum[0] = sum[1] = sum[2] = 0;
                for (var i = 0; i < rows[y].weights.length; i++) {
                    var row = narrowed[rows[y].first - first + i];
                    for (var c = 0; c < 3; c++) {
                        sum[c] += rows[y].weights[i] * row[3 * x + c];
                    }
                }
                result.setRGB(x, y, channel(sum[0]) << 16 | channel(sum[1]) << 8 | channel(sum[2]));
            }
        }
        return result;
    }

    /** The source pixels that make up one target pixel, and how much of each. */
    private static final class Taps {
        final int first;
        final float[] weights;

        Taps(int first, float[] weights) {
            this.first = first;
            this.weights = weights;
        }
    }

    /** For each target pixel the source pixels that it is made of, with weights that add up to one. */
    private static Taps[] taps(double start, double step, int targets, int limit) {
        var reach = Math.max(step, 1);
        var taps = new Taps[targets];
        for (var i = 0; i < targets; i++) {
            var centre = start + (i + 0.5) * step;
            var from = (int) Math.floor(centre - reach);
            var to = (int) Math.ceil(centre + reach);
            var first = Math.clamp(from, 0, limit - 1);
            var last = Math.clamp(to, 0, limit - 1);
            var weights = new float[last - first + 1];
            var total = 0.0f;
            for (var at = from; at <= to; at++) {
                var weight = (float) Math.max(0, 1 - Math.abs(at + 0.5 - centre) / reach);
                weights[Math.clamp(at, 0, limit - 1) - first] += weight;
                total += weight;
            }
            for (var k = 0; k < weights.length; k++) {
                weights[k] /= total;
            }
            taps[i] = new Taps(first, weights);
        }
        return taps;
    }

    private static float[] narrow(BufferedImage source, int y, Taps[] columns) {
        var pixels = source.getRGB(0, y, source.getWidth(), 1, null, 0, source.getWidth());
        var row = new float[3 * columns.length];
        for (var x = 0; x < columns.length; x++) {
            var taps = columns[x];
            for (var i = 0; i < taps.weights.length; i++) {
                var rgb = pixels[taps.first + i];
                row[3 * x] += taps.weights[i] * (rgb >> 16 & 0xFF);
                row[3 * x + 1] += taps.weights[i] * (rgb >> 8 & 0xFF);
                row[3 * x + 2] += taps.weights[i] * (rgb & 0xFF);
            }
        }
        return row;
    }

    private static int channel(float value) {
        return Math.clamp(Math.round(value), 0, 255);
    }
}
