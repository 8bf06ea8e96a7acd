package org.sjd4j.metrics.clip;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.vision.BicubicResize;

/**
 * From an image to what CLIP sees: the shorter side resized with Pillow's bicubic filter, a square from the middle, and
 * colours relative to the mean and spread of those of the training images.
 *
 * @param variant whose pipeline it is
 * @param shortestEdge pixels of the shorter side after resizing
 * @param crop side of the square in pixels, at most {@code shortestEdge}
 * @param mean of red, green and blue in 0..1
 * @param deviation of red, green and blue
 */
public record ClipPreprocessing(
        Variant variant, int shortestEdge, int crop, List<Double> mean, List<Double> deviation) {
    private static final int BICUBIC = 3;
    private static final int CHANNELS = 3;
    private static final double RESCALE = 1 / 255.0;

    /** Two pipelines that agree except in the middle of an image whose longer side is an odd number of pixels too long. */
    public enum Variant {
        /** {@code CLIPImageProcessor} of Hugging Face Transformers, which torchmetrics uses: half a pixel is rounded down. */
        HUGGING_FACE("hugging-face") {
            @Override
            int offset(int length, int crop) {
                return (length - crop) / 2;
            }

            @Override
            float share(int level) {
                return (float) (level * RESCALE);
            }
        },

        /** {@code _transform} of openai/CLIP over torchvision: half a pixel is rounded to the even number. */
        OPENAI("openai") {
            @Override
            int offset(int length, int crop) {
                return (int) Math.rint((length - crop) / 2.0);
            }

            @Override
            float share(int level) {
                return level / 255f;
            }
        };

        private final String label;

        Variant(String label) {
            this.label = label;
        }

        /** Where the middle part of {@code crop} pixels begins. */
        abstract int offset(int length, int crop);

        /** A level of 0..255 as a number of 0..1, to the last bit. */
        abstract float share(int level);

        /**
         * The pipeline of this name.
         *
         * @throws IllegalArgumentException if there is none, with the names that there are
         */
        public static Variant named(String label) {
            return Arrays.stream(values())
                    .filter(variant -> variant.label.equals(label))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no preprocessing is called '" + label
                            + "'; there are "
                            + Arrays.stream(values()).map(Variant::toString).collect(Collectors.joining(", "))));
        }

        /** The name that {@link #named} knows. */
        @Override
        public String toString() {
            return label;
        }
    }

    /**
     * Reads the {@code preprocessor_config.json} of a directory, in its old form (a size is a number) or the new one (a size
     * is an object).
     *
     * @param imageSize side of the images that the network sees, in pixels
     * @throws org.sjd4j.tensor.CheckpointException if it is missing, asks for something else than CLIP's own steps, or makes
     *     images of another size
     */
    public static ClipPreprocessing read(Path directory, Variant variant, int imageSize) {
        var json = JsonConfig.read(directory.resolve("preprocessor_config.json"));
        for (String step : List.of("do_resize", "do_center_crop", "do_rescale", "do_normalize")) {
            if (!json.flagOr(step, true)) {
                throw json.wrong(step, "false", "true: CLIP sees no image without it");
            }
        }
        if (json.countOr("resample", BICUBIC) != BICUBIC) {
            throw json.wrong("resample", "" + json.count("resample"), BICUBIC + " (bicubic)");
        }
        double rescale = json.numberOr("rescale_factor", RESCALE);
        if (Math.abs(rescale - RESCALE) > 1e-9) {
            throw json.wrong("rescale_factor", "" + rescale, "1/255");
        }
        int edge = json.isObject("size") ? json.object("size").count("shortest_edge") : json.count("size");
        int crop = square(json);
        if (crop != imageSize) {
            throw json.wrong("crop_size", "" + crop, "the " + imageSize + " pixels that the network sees");
        }
        if (edge < crop) {
            throw json.wrong("size", "" + edge, "at least the " + crop + " pixels of crop_size");
        }
        return new ClipPreprocessing(variant, edge, crop, colour(json, "image_mean"), colour(json, "image_std"));
    }

    private static int square(JsonConfig json) {
        if (!json.isObject("crop_size")) {
            return json.count("crop_size");
        }
        var sides = json.object("crop_size");
        int height = sides.count("height");
        int width = sides.count("width");
        if (height != width) {
            throw json.wrong("crop_size", width + "x" + height, "a square");
        }
        return height;
    }

    private static List<Double> colour(JsonConfig json, String key) {
        List<Double> values = json.numbers(key);
        if (values.size() != CHANNELS || values.stream().anyMatch(value -> value <= 0)) {
            throw json.wrong(key, values.toString(), "three numbers above 0");
        }
        return values;
    }

    /**
     * What the network sees of an image.
     *
     * @param image of any size; its levels count as they are stored, and alpha does not
     * @return {@code [3, crop, crop]} in row-major order
     */
    public float[] values(BufferedImage image) {
        int shorter = Math.min(image.getWidth(), image.getHeight());
        int width = resized(image.getWidth(), shorter);
        int height = resized(image.getHeight(), shorter);
        BufferedImage whole = BicubicResize.resize(image, width, height);
        int[] pixels =
                whole.getRGB(variant.offset(width, crop), variant.offset(height, crop), crop, crop, null, 0, crop);
        float[] values = new float[CHANNELS * pixels.length];
        for (int channel = 0; channel < CHANNELS; channel++) {
            float centre = mean.get(channel).floatValue();
            float spread = deviation.get(channel).floatValue();
            int shift = 16 - 8 * channel;
            for (int i = 0; i < pixels.length; i++) {
                values[channel * pixels.length + i] = (variant.share(pixels[i] >> shift & 0xff) - centre) / spread;
            }
        }
        return values;
    }

    /** A side after resizing, rounded down. */
    private int resized(int side, int shorter) {
        return Math.toIntExact((long) shortestEdge * side / shorter);
    }
}
