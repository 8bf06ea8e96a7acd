package org.sjd4j.vision;

import java.awt.image.BufferedImage;
import org.sjd4j.image.Rgb;

/**
 * Resizing as the Pillow library does with its bicubic filter, to the last bit: first along the lines, then along the
 * columns, with eight bits between the two and weights of {@value #FRACTION} binary places. When an image shrinks, the
 * filter widens with it, so that every pixel counts.
 *
 * <p>Filter: Keys, Cubic convolution interpolation for digital image processing, 1981, with a = -0.5.
 */
public final class BicubicResize {
    private static final double A = -0.5;
    private static final int REACH = 2;
    private static final int FRACTION = 22;

    private BicubicResize() {}

    /** The first source pixel that a target pixel is made of, and how much of it and of those after it. */
    private record Taps(int first, int[] weights) {}

    /**
     * An image in another size.
     *
     * @param source its levels count as they are stored ({@link Rgb}), whatever its type
     * @return of type {@link BufferedImage#TYPE_INT_RGB}
     * @throws IllegalArgumentException if a side is not positive
     */
    public static BufferedImage resize(BufferedImage source, int width, int height) {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("an image cannot be " + width + "x" + height + " pixels large");
        }
        int[] pixels = Rgb.of(source).getRGB(0, 0, source.getWidth(), source.getHeight(), null, 0, source.getWidth());
        int[] columns = linesToColumns(pixels, source.getWidth(), taps(source.getWidth(), width));
        int[] resized = linesToColumns(columns, source.getHeight(), taps(source.getHeight(), height));
        var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, width, height, resized, 0, width);
        return image;
    }

    /** Resizes lines of {@code length} pixels and lays each of them down as a column: twice, and both ways are done. */
    private static int[] linesToColumns(int[] pixels, int length, Taps[] taps) {
        int lines = pixels.length / length;
        int[] columns = new int[lines * taps.length];
        for (int line = 0; line < lines; line++) {
            for (int i = 0; i < taps.length; i++) {
                columns[i * lines + line] = mixed(pixels, line * length + taps[i].first, taps[i].weights);
            }
        }
        return columns;
    }

    private static int mixed(int[] pixels, int first, int[] weights) {
        int half = 1 << FRACTION - 1;
        int red = half;
        int green = half;
        int blue = half;
        for (int i = 0; i < weights.length; i++) {
            int pixel = pixels[first + i];
            red += weights[i] * (pixel >> 16 & 0xff);
            green += weights[i] * (pixel >> 8 & 0xff);
            blue += weights[i] * (pixel & 0xff);
        }
        return level(red) << 16 | level(green) << 8 | level(blue);
    }

    private static int level(int sum) {
        return Math.clamp(sum >> FRACTION, 0, 255);
    }

    private static Taps[] taps(int length, int target) {
        double step = (double) length / target;
        double widening = Math.max(step, 1);
        double support = REACH * widening;
        var taps = new Taps[target];
        for (int i = 0; i < target; i++) {
            double centre = (i + 0.5) * step;
            int from = Math.max((int) (centre - support + 0.5), 0);
            int to = Math.min((int) (centre + support + 0.5), length);
            double[] shares = new double[to - from];
            double total = 0;
            for (int k = 0; k < shares.length; k++) {
                shares[k] = cubic((from + k - centre + 0.5) / widening);
                total += shares[k];
            }
            int[] weights = new int[shares.length];
            for (int k = 0; k < shares.length; k++) {
                double share = shares[k] / total * (1 << FRACTION);
                weights[k] = (int) (share < 0 ? share - 0.5 : share + 0.5);
            }
            taps[i] = new Taps(from, weights);
        }
        return taps;
    }

    private static double cubic(double distance) {
        double x = Math.abs(distance);
        if (x < 1) {
            return ((A + 2) * x - (A + 3)) * x * x + 1;
        }
        return x < REACH ? (((x - 5) * x + 8) * x - 4) * A : 0;
    }
}
