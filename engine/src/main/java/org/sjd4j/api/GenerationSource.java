package org.sjd4j.api;

import java.util.Optional;

/**
 * Where {@link TextToImage#generateTogether} gets its work from. Calls come from each of the {@linkplain BatchLimits#workers workers}: with
 * more than one of them at the same time, so that a source for several workers must be safe for threads.
 */
public interface GenerationSource {
    /**
     * The next image to generate, if there is one now.
     *
     * @param idle whether nothing else is being generated, so that the call may wait for a while
     */
    Optional<GenerationTask> next(boolean idle) throws InterruptedException;

    /**
     * Hears of a forward pass, before the images in it do.
     *
     * @param images that shared it, and those that other workers had at the time
     * @param rows of the network, unconditional ones included
     * @param nanos that it took, with sampling if one image had it for itself
     */
    default void passed(int images, int rows, long nanos) {}

    /** Whether nothing will come any more. */
    boolean ended();
}
