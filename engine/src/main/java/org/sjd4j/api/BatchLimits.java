package org.sjd4j.api;

/**
 * How much may be generated at a time.
 *
 * @param images at most, at least 1
 * @param rows that the forward passes of a moment have at most, over all images and both branches of guidance; every image gets
 *     at least one of each branch
 * @param workers threads that share out the images on a CPU, at most as many as images: those of one worker share forward passes, and workers
 *     make theirs side by side, each on its share of the CPUs. More than one is faster for small models, whose weights the
 *     processor's caches hold. Without effect where passes have a fixed shape, as on a GPU
 */
public record BatchLimits(int images, int rows, int workers) {
    /** One image, with as many rows as its window has. */
    static final BatchLimits SINGLE = new BatchLimits(1, Integer.MAX_VALUE);

    public BatchLimits {
        if (images < 1 || rows < 1) {
            throw new IllegalArgumentException(
                    "a batch needs at least 1 image and 1 row, found %s and %s".formatted(images, rows));
        }
        if (workers < 1 || workers > images) {
            throw new IllegalArgumentException(
                    "found %s workers for %s images, expected 1 to %s".formatted(workers, images, images));
        }
    }

    /** Limits of one worker: all images share each forward pass. */
    public BatchLimits(int images, int rows) {
        this(images, rows, 1);
    }

    /** Images that one worker may have, when all have theirs. */
    int imagesOfWorker() {
        return Math.ceilDiv(images, workers);
    }
}
