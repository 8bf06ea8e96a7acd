package org.sjd4j.api;

import org.sjd4j.family.MemoryGuard;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.tensor.LibTorch;

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
    /** Images that share forward passes, where memory has room for their caches. */
    public static final int USUAL_IMAGES = 8;

    /** Rows of forward passes of a moment. */
    public static final int USUAL_ROWS = 64;

    private static final long MOST_WEIGHTS_OF_WORKERS = 100_000_000;

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

    /** What suits a model, how it is loaded, and the memory that is free before it is. Asks LibTorch for the number of its threads. */
    public static BatchLimits suiting(ModelDescription description, LoadOptions options) {
        int images = imagesTogether(description, options);
        return new BatchLimits(images, USUAL_ROWS, workers(description, images));
    }

    /** As many images as memory has room for, on the device where the model runs, up to {@link #USUAL_IMAGES}. */
    public static int imagesTogether(ModelDescription description, LoadOptions options) {
        int images = MemoryGuard.imagesTogether(
                description.bytesNeeded(options.precision()),
                description.bytesPerImage(),
                MemoryGuard.available(options.device()),
                USUAL_IMAGES);
        return options.passRows() == 0
                ? images
                : Integer.highestOneBit(images); // slots of fixed passes are powers of two
    }

    /**
     * Workers that suit a model: one for each CPU for small ones, whose weights stay in the caches. The weights of a large model are
     * read once for the rows of all images.
     *
     * @param images at a time
     */
    public static int workers(ModelDescription description, int images) {
        return description.parameters() > MOST_WEIGHTS_OF_WORKERS ? 1 : Math.min(images, LibTorch.threads());
    }

    /** Images that one worker may have, when all have theirs. */
    int imagesOfWorker() {
        return Math.ceilDiv(images, workers);
    }
}
