package org.sjd4j.vision;

import java.awt.image.BufferedImage;
import org.sjd4j.checkpoint.JsonConfig;

/**
 * How Emu3 brings an image into a size that its image tokenizer can encode: sides that are multiples of a patch, as many
 * pixels as it was trained with, the ratio nearly kept ({@code emu3/tokenizer/image_processing_emu3visionvq.py}).
 *
 * @param patch what both sides are multiples of, in pixels
 * @param fewest pixels of an image
 * @param most pixels of an image
 */
public record SmartResize(int patch, int fewest, int most) {
    private static final int LONGEST_RATIO = 5;

    /**
     * Reads a {@code preprocessor_config.json}.
     *
     * @throws org.sjd4j.tensor.CheckpointException if a value makes no sense
     */
    public static SmartResize from(JsonConfig json) {
        return new SmartResize(
                json.sizeOr("spatial_factor", 8),
                json.sizeOr("min_pixels", 512 * 512),
                json.sizeOr("max_pixels", 1024 * 1024));
    }

    /**
     * The image in its new size, by {@link BicubicResize}.
     *
     * @throws IllegalArgumentException if a side is shorter than a patch, or more than five times the other
     */
    public BufferedImage apply(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        if (Math.min(width, height) < patch || Math.max(width, height) > LONGEST_RATIO * Math.min(width, height)) {
            throw new IllegalArgumentException(
                    "an image of %sx%s pixels cannot be encoded; use one with sides of at".formatted(width, height)
                            + " least " + patch + " pixels, none more than " + LONGEST_RATIO + " times the other");
        }
        double pixels = (double) width * height;
        double columns = Math.rint((double) width / patch);
        double lines = Math.rint((double) height / patch);
        double area = columns * lines * patch * patch;
        if (area > most) {
            double scale = Math.sqrt(pixels / most);
            columns = Math.floor(width / scale / patch);
            lines = Math.floor(height / scale / patch);
        } else if (area < fewest) {
            double scale = Math.sqrt(fewest / pixels);
            columns = Math.ceil(width * scale / patch);
            lines = Math.ceil(height * scale / patch);
        }
        return BicubicResize.resize(image, (int) columns * patch, (int) lines * patch);
    }
}
