package org.sjd4j.api;

/**
 * How much one forward pass may hold.
 *
 * @param pictures at most, at least 1
 * @param rows at most, over all images and both branches of guidance; every image gets at least one and its twin
 */
public record BatchLimits(int pictures, int rows) {
    public BatchLimits {
        if (pictures < 1 || rows < 1) {
            throw new IllegalArgumentException(
                    "a batch needs at least 1 picture and 1 row, found %s and %s".formatted(pictures, rows));
        }
    }
}
