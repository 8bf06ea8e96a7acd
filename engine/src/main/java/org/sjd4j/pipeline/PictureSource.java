package org.sjd4j.pipeline;

import java.util.Optional;

/** Where {@link TextToImage#drawTogether} gets its work from. */
public interface PictureSource {
    /**
     * The next picture to draw, if there is one now.
     *
     * @param idle whether nothing else is being drawn, so that the call may wait for a while
     */
    Optional<PictureTask> next(boolean idle) throws InterruptedException;

    /** Whether nothing will come any more. */
    boolean ended();
}
