package org.sjd4j.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferInt;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;

/**
 * Images with the levels that are stored in them. {@link BufferedImage#getRGB} and {@code Graphics2D} take grey levels for
 * linear light and brighten them, level 128 to 188, and they convert from the colour space of a profile. Nothing of the kind
 * happens here.
 *
 * <ul>
 *   <li>Of 16 bits the upper 8 count; fewer than 8 bits are stretched to 0..255 and rounded down.
 *   <li>CMYK becomes {@code (255 - ink) (255 - black) / 255}, rounded.
 * </ul>
 */
public final class Rgb {
    private static final int BYTE = 8;
    private static final int MOST = 255;
    private static final int GREY = 1;
    private static final int COLOURS = 3;
    private static final int INKS = 4;

    private Rgb() {}

    /**
     * An image as {@link BufferedImage#TYPE_INT_RGB}, with {@link Alpha#DROPPED}. One that is of this type already is returned
     * itself, and one without stored levels is converted by its colour model.
     */
    public static BufferedImage of(BufferedImage image) {
        if (image.getType() == BufferedImage.TYPE_INT_RGB) {
            return image;
        }
        return hasLevels(image.getColorModel())
                ? of(image.getRaster(), image.getColorModel(), Alpha.DROPPED)
                : byColorModel(image);
    }

    /**
     * A decoded image with its stored levels.
     *
     * @throws IOException if it has none: numbers with signs, fractions or more than 16 bits, or unknown colours
     */
    static BufferedImage stored(BufferedImage image, Alpha alpha) throws IOException {
        if (!hasLevels(image.getColorModel())) {
            throw new IOException("its numbers are no levels of 8 or 16 bits");
        }
        return of(image.getRaster(), image.getColorModel(), alpha);
    }

    /** Whether the samples are levels of known colours. */
    private static boolean hasLevels(ColorModel model) {
        if (model instanceof IndexColorModel) {
            return true;
        }
        int type = model.getColorSpace().getType();
        int colours = model.getNumColorComponents();
        boolean known = type == ColorSpace.TYPE_GRAY && colours == GREY
                || type == ColorSpace.TYPE_RGB && colours == COLOURS
                || type == ColorSpace.TYPE_CMYK && colours == INKS;
        int transfer = model.getTransferType();
        boolean whole = transfer == DataBuffer.TYPE_BYTE
                || transfer == DataBuffer.TYPE_USHORT
                || transfer == DataBuffer.TYPE_INT;
        return known && whole && model.getComponentSize(0) <= 2 * BYTE;
    }

    private static BufferedImage of(Raster raster, ColorModel model, Alpha alpha) {
        int width = raster.getWidth();
        var image = new BufferedImage(width, raster.getHeight(), BufferedImage.TYPE_INT_RGB);
        int[] pixels = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
        int[] samples = new int[width * raster.getNumBands()];
        int[] palette = model instanceof IndexColorModel indexed ? palette(indexed, alpha) : new int[0];
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, samples);
            if (model instanceof IndexColorModel) {
                for (int x = 0; x < width; x++) {
                    pixels[y * width + x] = palette[Math.min(samples[x], palette.length - 1)];
                }
            } else {
                line(samples, raster.getNumBands(), model, alpha, pixels, y * width, width);
            }
        }
        return image;
    }

    private static int[] palette(IndexColorModel model, Alpha alpha) {
        int[] palette = new int[model.getMapSize()];
        model.getRGBs(palette);
        for (int i = 0; i < palette.length; i++) {
            palette[i] = alpha.opaque(palette[i]);
        }
        return palette;
    }

    private static void line(
            int[] samples, int bands, ColorModel model, Alpha alpha, int[] pixels, int begin, int width) {
        int colours = model.getNumColorComponents();
        int[] bits = model.getComponentSize();
        for (int i = 0; i < samples.length; i++) {
            samples[i] = level(samples[i], bits[i % bands]);
        }
        boolean transparent = model.hasAlpha();
        for (int x = 0, at = 0; x < width; x++, at += bands) {
            int rgb = switch (colours) {
                case GREY -> samples[at] * 0x010101;
                case COLOURS -> samples[at] << 16 | samples[at + 1] << 8 | samples[at + 2];
                default -> cmyk(samples[at], samples[at + 1], samples[at + 2], samples[at + 3]);
            };
            if (transparent) {
                int opacity = samples[at + colours];
                rgb = opacity << 24 | (model.isAlphaPremultiplied() ? divided(rgb, opacity) : rgb);
            } else {
                rgb |= MOST << 24;
            }
            pixels[begin + x] = alpha.opaque(rgb);
        }
    }

    private static int level(int sample, int bits) {
        if (bits == BYTE) {
            return sample;
        }
        return bits > BYTE ? sample >> bits - BYTE : sample * MOST / ((1 << bits) - 1);
    }

    /** Ink on white paper, as Pillow has it: no profile, no measured inks. */
    static int cmyk(int cyan, int magenta, int yellow, int black) {
        int light = MOST - black;
        return light - product(cyan, light) << 16
                | light - product(magenta, light) << 8
                | light - product(yellow, light);
    }

    /** A product of numbers of 0..1 that are written as 0..255, rounded. */
    private static int product(int a, int b) {
        int shifted = a * b + MOST / 2 + 1;
        return (shifted >> BYTE) + shifted >> BYTE;
    }

    /** Undoes the multiplication by the alpha. */
    private static int divided(int rgb, int alpha) {
        if (alpha == 0) {
            return 0;
        }
        return Math.min(MOST, (rgb >> 16) * MOST / alpha) << 16
                | Math.min(MOST, (rgb >> 8 & 0xff) * MOST / alpha) << 8
                | Math.min(MOST, (rgb & 0xff) * MOST / alpha);
    }

    private static BufferedImage byColorModel(BufferedImage image) {
        int width = image.getWidth();
        var result = new BufferedImage(width, image.getHeight(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.getHeight(); y++) {
            result.setRGB(0, y, width, 1, image.getRGB(0, y, width, 1, null, 0, width), 0, width);
        }
        return result;
    }
}
