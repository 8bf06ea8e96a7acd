package org.sjd4j.training.scorer;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.training.data.CaptionedImage;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.data.ImageStore;
import org.sjd4j.training.data.ImageStore.Image;
import org.sjd4j.training.data.Split;
import org.sjd4j.vision.BicubicResize;

/**
 * Captioned images, half as wide as they are drawn, in batches that teach to tell things apart: half of the batches hold
 * anything, a quarter images of one style, so that only the thing differs, and a quarter some things in all their
 * styles.
 */
final class ScorerImages {
    private static final int DRAWN_AT_ONCE = 128;

    private final int size;
    private final int batch;
    private final long seed;
    private final List<List<Image>> training = new ArrayList<>();
    private final List<Image> heldOut = new ArrayList<>();
    private final Map<String, List<List<Image>>> byStyle;
    private final Map<String, List<List<Image>>> byConcept;

    /**
     * Draws a data set.
     *
     * @param backgrounds named backgrounds that every example is drawn on
     * @param moved moved and scaled copies of every example
     * @param batch images of a batch
     */
    ScorerImages(DataSet data, int backgrounds, int moved, int batch, long seed) {
        this.size = data.size() / 2;
        this.batch = batch;
        this.seed = seed;
        var examples = data.examples();
        for (int begin = 0; begin < examples.size(); begin += DRAWN_AT_ONCE) {
            var some = examples.subList(begin, Math.min(examples.size(), begin + DRAWN_AT_ONCE));
            add(ImageStore.draw(data, some, backgrounds, moved, seed));
        }
        byStyle = grouped(CaptionedImage::style);
        byConcept = grouped(CaptionedImage::concept);
    }

    private void add(ImageStore store) {
        var examples = new LinkedHashMap<String, List<Image>>();
        store.images().parallelStream()
                .map(image -> new Image(
                        image.example(),
                        image.caption(),
                        image.otherCaptions(),
                        image.plain(),
                        halved(image.rgb(), store.size())))
                .toList()
                .forEach(half -> examples.computeIfAbsent(half.example().id(), _ -> new ArrayList<>())
                        .add(half));
        for (var variations : examples.values()) {
            if (variations.getFirst().example().split() == Split.TRAIN) {
                training.add(variations);
            } else {
                heldOut.add(variations.getFirst());
            }
        }
    }

    /** As a scorer shows images to its network. */
    private static int[] halved(int[] rgb, int size) {
        var image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, size, size, rgb, 0, size);
        return BicubicResize.resize(image, size / 2, size / 2).getRGB(0, 0, size / 2, size / 2, null, 0, size / 2);
    }

    private Map<String, List<List<Image>>> grouped(Function<CaptionedImage, String> key) {
        var groups = new LinkedHashMap<String, List<List<Image>>>();
        for (var variations : training) {
            groups.computeIfAbsent(key.apply(variations.getFirst().example()), _ -> new ArrayList<>())
                    .add(variations);
        }
        return groups;
    }

    /** The images of a step: a function of the seed and the step alone. */
    List<Image> training(long step) {
        var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step);
        double kind = random.nextDouble();
        var chosen = new ArrayList<List<Image>>();
        if (kind < 0.5 || byConcept.size() == 1) { // a folder of images names neither things nor styles
            while (chosen.size() < batch) {
                chosen.add(any(training, random));
            }
        } else if (kind < 0.75) {
            var style = any(List.copyOf(byStyle.values()), random);
            while (chosen.size() < batch) {
                chosen.add(any(style, random));
            }
        } else {
            var concepts = List.copyOf(byConcept.values());
            while (chosen.size() < batch) {
                chosen.addAll(any(concepts, random));
            }
        }
        return chosen.stream()
                .limit(batch)
                .map(variations -> any(variations, random))
                .toList();
    }

    private static <T> T any(List<T> list, SplittableRandom random) {
        return list.get(random.nextInt(list.size()));
    }

    /** Held-out examples as they are. */
    List<Image> heldOut() {
        return heldOut;
    }

    /** Training examples as they are. */
    List<Image> plain() {
        return training.stream().map(List::getFirst).toList();
    }

    /** An image's pixels. */
    BufferedImage image(Image stored) {
        var image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, size, size, stored.rgb(), 0, size);
        return image;
    }

    /** Images as a tensor {@code [batch, 3, size, size]} in -1..1. */
    Tensor tensor(List<Image> images) {
        return ImageStore.tensor(images, size);
    }

    /** All words of the captions to train on, in alphabetical order. */
    List<String> words() {
        var words = new TreeSet<String>();
        training.forEach(variations -> variations.forEach(image -> {
            words.addAll(WordTokenizer.words(image.caption()));
            image.otherCaptions().forEach(caption -> words.addAll(WordTokenizer.words(caption)));
        }));
        return List.copyOf(words);
    }
}
