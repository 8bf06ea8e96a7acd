package org.sjd4j.metrics;

import java.awt.image.BufferedImage;

/**
 * A network that puts images and texts into one space, where those that belong together lie close to each other.
 *
 * <p>Embeddings have length 1, so that the cosine of two of them is their dot product. Safe for use by many threads.
 */
public interface TextImageMetric extends AutoCloseable {

    /** What reports call it. */
    String name();

    /** The embedding of an image of any size, of length 1. */
    float[] image(BufferedImage image);

    /** The embedding of a text, of length 1. */
    float[] text(String text);

    /** What the network multiplies cosines by to make logits of them. */
    double scale();

    /**
     * The cosine of two embeddings of one network.
     *
     * @throws IllegalArgumentException if their lengths differ
     */
    static float cosine(float[] one, float[] other) {
        if (one.length != other.length) {
            throw new IllegalArgumentException(
                    "embeddings of " + one.length + " and " + other.length + " numbers are not of one metric");
        }
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += (double) one[i] * other[i];
        }
        return (float) sum;
    }

    /** Frees the network. */
    @Override
    void close();
}
