package org.sjd4j.metrics;

import java.awt.image.BufferedImage;
import java.util.List;

/** A network that turns images into vectors, whose distribution over many images is compared. */
public interface FeatureExtractor extends AutoCloseable {
    /** What the numbers are: network, place in it and weights. Features of other names cannot be compared. */
    String name();

    /** Length of the features of an image. */
    int dimensions();

    /**
     * Features of some images, of any sizes; what is transparent counts with the colour that it has.
     *
     * @return one vector of {@link #dimensions} for each image, in order
     */
    List<float[]> features(List<BufferedImage> images);

    /** Features of one image. */
    default float[] features(BufferedImage image) {
        return features(List.of(image)).getFirst();
    }

    /** Frees the network, after the work it has. May be called more than once. */
    @Override
    void close();
}
