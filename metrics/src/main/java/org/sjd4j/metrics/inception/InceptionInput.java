package org.sjd4j.metrics.inception;

import java.awt.image.BufferedImage;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.image.Rgb;
import org.sjd4j.tensor.Tensors;

/** Between images and the tensors of {@link InceptionV3}. */
public final class InceptionInput {
    private static final float WHITE = 255;

    private InceptionInput() {}

    /** Images of any sizes as {@code [batch, 3, 299, 299]} in -1..1. */
    public static Tensor of(List<BufferedImage> images) {
        return Tensors.cat(
                0,
                images.stream().map(image -> InceptionV3.resized(image(image))).toArray(Tensor[]::new));
    }

    /** An image as {@code [1, 3, height, width]} in 0..1, with the levels that are stored in it. */
    static Tensor image(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        int[] pixels = Rgb.of(image).getRGB(0, 0, width, height, null, 0, width);
        float[] values = new float[3 * pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            values[i] = (pixels[i] >> 16 & 0xff) / WHITE;
            values[i + pixels.length] = (pixels[i] >> 8 & 0xff) / WHITE;
            values[i + 2 * pixels.length] = (pixels[i] & 0xff) / WHITE;
        }
        return Tensors.of(values, 1, 3, height, width);
    }

    /** Rows {@code [n, dimensions]} as vectors. */
    static List<float[]> rows(Tensor features) {
        return IntStream.range(0, Math.toIntExact(features.size(0)))
                .mapToObj(i -> Tensors.floats(features.select(0, i)))
                .toList();
    }
}
