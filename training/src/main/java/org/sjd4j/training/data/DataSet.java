package org.sjd4j.training.data;

import java.awt.image.BufferedImage;
import java.util.List;
import java.util.random.RandomGenerator;

/** Captioned images that can be drawn, with variations, as often as training asks. Safe for use by many threads. */
public sealed interface DataSet permits EmojiDataSet, FolderDataSet {
    /** All examples, in an order that never changes. */
    List<CaptionedImage> examples();

    /** Width and height of every rendered image in pixels. */
    int size();

    /** The words for an example when it is rendered with this variation. */
    String caption(CaptionedImage example, Variation variation);

    /**
     * Other words for an example when it is rendered with this variation, as people would type them.
     *
     * @param count how many, if the data set knows any
     * @param random of the choice among them
     */
    default List<String> otherCaptions(CaptionedImage example, Variation variation, int count, RandomGenerator random) {
        return List.of();
    }

    /**
     * Draws an example.
     *
     * @return an image of {@link #size()} squared, of type {@link BufferedImage#TYPE_INT_RGB}
     * @throws IllegalArgumentException if the example is not from this data set
     */
    BufferedImage render(CaptionedImage example, Variation variation);

    /** The examples of one split, in order. */
    default List<CaptionedImage> examples(Split split) {
        return examples().stream().filter(example -> example.split() == split).toList();
    }

    /** The plain captions of one split, in order. */
    default List<String> captions(Split split) {
        return examples(split).stream().map(CaptionedImage::caption).toList();
    }
}
