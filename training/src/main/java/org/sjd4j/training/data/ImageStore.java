package org.sjd4j.training.data;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.tensor.Tensors;

/**
 * Every example of a data set, drawn in a few variations and kept in memory: plain, on some of the named backgrounds, and
 * moved and scaled a little. Moved by pixels rather than whole patches, an image has other codes at every edge, so that a
 * model learns shapes and not the codes of one drawing.
 */
public final class ImageStore {
    /**
     * One drawn image.
     *
     * @param example what it shows
     * @param caption the words for it, background included
     * @param otherCaptions the same in other words
     * @param plain whether it is the example as it is
     * @param rgb pixels in raster order, 0xRRGGBB
     */
    public record Image(CaptionedImage example, String caption, List<String> otherCaptions, boolean plain, int[] rgb) {}

    private static final int MOST_PIXELS = 8;
    private static final int OTHER_CAPTIONS = 8;
    private static final List<Double> SCALES = List.of(0.85, 1.0);

    private final int size;
    private final List<Image> images;

    private ImageStore(int size, List<Image> images) {
        this.size = size;
        this.images = images;
    }

    /**
     * Draws a data set, on all CPUs.
     *
     * @param backgrounds how many of the named backgrounds each example is drawn on; which ones depends on seed and id
     * @param moved how many moved and scaled copies on white
     */
    public static ImageStore draw(DataSet data, int backgrounds, int moved, long seed) {
        return draw(data, data.examples(), backgrounds, moved, seed);
    }

    /** As {@link #draw(DataSet, int, int, long)}, some of its examples. */
    public static ImageStore draw(DataSet data, List<CaptionedImage> examples, int backgrounds, int moved, long seed) {
        List<List<Image>> drawn = IntStream.range(0, examples.size())
                .parallel()
                .mapToObj(i -> {
                    var example = examples.get(i);
                    var random =
                            new SplittableRandom(seed * 1_000_003 + example.id().hashCode());
                    return variations(random, backgrounds, moved).stream()
                            .map(variation -> image(data, example, variation, random))
                            .toList();
                })
                .toList();
        return new ImageStore(data.size(), drawn.stream().flatMap(List::stream).toList());
    }

    private static List<Variation> variations(SplittableRandom random, int backgrounds, int moved) {
        var list = new ArrayList<Variation>();
        list.add(Variation.PLAIN);
        var colours = new ArrayList<>(Background.named());
        for (int i = 0; i < backgrounds && !colours.isEmpty(); i++) {
            list.add(Variation.on(colours.remove(random.nextInt(colours.size()))));
        }
        for (int i = 0; i < moved; i++) {
            list.add(Variation.moved(random, MOST_PIXELS, SCALES));
        }
        return list;
    }

    /** An example as it is. */
    public static Image plain(DataSet data, CaptionedImage example) {
        return image(
                data,
                example,
                Variation.PLAIN,
                new SplittableRandom(example.id().hashCode()));
    }

    private static Image image(DataSet data, CaptionedImage example, Variation variation, RandomGenerator random) {
        BufferedImage image = data.render(example, variation);
        int size = data.size();
        int[] rgb = image.getRGB(0, 0, size, size, null, 0, size);
        String caption = data.caption(example, variation);
        var others = data.otherCaptions(example, variation, OTHER_CAPTIONS, random);
        return new Image(example, caption, others, variation.equals(Variation.PLAIN), rgb);
    }

    /** Side of every image in pixels. */
    public int size() {
        return size;
    }

    /** All images, the variations of an example next to each other. */
    public List<Image> images() {
        return images;
    }

    /** The images of one split. */
    public List<Image> images(Split split) {
        return images.stream().filter(image -> image.example().split() == split).toList();
    }

    /** Images as a tensor {@code [batch, 3, size, size]} in -1..1. */
    public static Tensor tensor(List<Image> batch, int size) {
        float[] values = new float[batch.size() * 3 * size * size];
        int plane = size * size;
        for (int b = 0; b < batch.size(); b++) {
            int[] rgb = batch.get(b).rgb();
            int base = b * 3 * plane;
            for (int i = 0; i < plane; i++) {
                values[base + i] = (rgb[i] >> 16 & 255) / 127.5f - 1;
                values[base + plane + i] = (rgb[i] >> 8 & 255) / 127.5f - 1;
                values[base + 2 * plane + i] = (rgb[i] & 255) / 127.5f - 1;
            }
        }
        return Tensors.of(values, batch.size(), 3, size, size);
    }
}
