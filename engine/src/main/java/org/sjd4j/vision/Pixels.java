package org.sjd4j.vision;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.image.Rgb;
import org.sjd4j.tensor.Tensors;

/** Between tensors of pixels and images. */
public final class Pixels {
    private Pixels() {}

    /** Pixels {@code [batch, 3, height, width]} in -1..1 as RGB images; values beyond are limited. */
    public static List<BufferedImage> images(Tensor pixels) {
        return images(pixels, 0.5f);
    }

    /** As {@link #images}, rounded down to whole levels as the official code of the published models does. */
    public static List<BufferedImage> truncated(Tensor pixels) {
        return images(pixels, 0);
    }

    /** An image as pixels {@code [1, 3, height, width]} in -1..1, with the levels that are stored in it. */
    public static Tensor image(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        int[] pixels = Rgb.of(image).getRGB(0, 0, width, height, null, 0, width);
        float[] values = new float[3 * pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            values[i] = value(pixels[i] >> 16);
            values[i + pixels.length] = value(pixels[i] >> 8);
            values[i + 2 * pixels.length] = value(pixels[i]);
        }
        return Tensors.of(values, 1, 3, height, width);
    }

    private static float value(int level) {
        return (level & 0xff) / 127.5f - 1;
    }

    private static List<BufferedImage> images(Tensor pixels, float rounding) {
        int count = Math.toIntExact(pixels.size(0));
        int height = Math.toIntExact(pixels.size(2));
        int width = Math.toIntExact(pixels.size(3));
        float[] values = Tensors.floats(pixels);
        int plane = height * width;
        var images = new ArrayList<BufferedImage>();
        for (int b = 0; b < count; b++) {
            var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
            for (int i = 0; i < plane; i++) {
                int at = b * 3 * plane + i;
                int red = level(values[at], rounding);
                int green = level(values[at + plane], rounding);
                int blue = level(values[at + 2 * plane], rounding);
                image.setRGB(i % width, i / width, red << 16 | green << 8 | blue);
            }
            images.add(image);
        }
        return images;
    }

    private static int level(float value, float rounding) {
        return Math.clamp((int) Math.floor((value + 1) * 127.5f + rounding), 0, 255);
    }
}
