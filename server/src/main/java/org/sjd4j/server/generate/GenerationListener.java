package org.sjd4j.server.generate;

import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.GenerationTask;

/** Hears what becomes of a {@link Ticket}. The first three come from the model's thread, the others from any. */
public interface GenerationListener {
    /** The model has begun. */
    default void started() {}

    /**
     * A step was made.
     *
     * @param step forward passes so far, from 1
     * @param accepted number of accepted tokens
     * @param all tokens of the image
     * @param preview makes an image of what is known and guessed by now; only during this call
     */
    default void stepped(int step, int accepted, int all, GenerationTask.Preview preview) {}

    /** The image is there. Nothing is called after that. */
    void finished(GeneratedImage image);

    /** It cannot be generated. Nothing is called after that. */
    void failed(Throwable reason);

    /** It was given up. Nothing is called after that. */
    void left(Leaving why);
}
