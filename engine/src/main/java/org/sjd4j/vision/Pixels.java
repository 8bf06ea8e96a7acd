package org.sjd4j.vision;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.tensor.Tensors;

/** Between tensors of pixels and images. */
public final class Pixels {
    private Pixels() {}

    /** Pictures {@code [batch, 3, height, width]} in -1..1 as RGB images; values beyond are limited. */
    public static List<BufferedImage> images(Tensor pictures) {
        int count = Math.toIntExact(pictures.size(0));
        int height = Math.toIntExact(pictures.size(2));
        int width = Math.toIntExact(pictures.size(3));
        float[] values = Tensors.floats(pictures);
        int plane = height * width;
        var images = new ArrayList<BufferedImage>();
        for (int b = 0; b < count; b++) {
            var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
            for (int i = 0; i < plane; i++) {
                int at = b * 3 * plane + i;
                int rgb = level(values[at]) << 16 | level(values[at + plane]) << 8 | level(values[at + 2 * plane]);
                image.setRGB(i % width, i / width, rgb);
            }
            images.add(image);
        }
        return images;
    }

    private static int level(float value) {
        return Math.clamp(Math.round((value + 1) * 127.5f), 0, 255);
    }
}
