package org.sjd4j.api;

/**
 * How much one forward pass may hold.
 *
 * @param images at most, at least 1
 * @param rows at most, over all images and both branches of guidance; every image gets at least one and its twin
 */
public record BatchLimits(int images, int rows) {
    public BatchLimits {
        if (images < 1 || rows < 1) {
            throw new IllegalArgumentException(
                    "a batch needs at least 1 image and 1 row, found %s and %s".formatted(images, rows));
        }
    }
}
