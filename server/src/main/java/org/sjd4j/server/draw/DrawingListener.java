package org.sjd4j.server.draw;

import org.sjd4j.api.GeneratedPicture;
import org.sjd4j.api.PictureTask;

/** Hears what becomes of a {@link Ticket}. The first three come from the model's thread, the others from any. */
public interface DrawingListener {
    /** The model has begun. */
    default void started() {}

    /**
     * A step was made.
     *
     * @param step forward passes so far, from 1
     * @param accepted number of accepted tokens
     * @param all tokens of the picture
     * @param preview makes a picture of what is known and guessed by now; only during this call
     */
    default void stepped(int step, int accepted, int all, PictureTask.Preview preview) {}

    /** The picture is there. Nothing is called after that. */
    void finished(GeneratedPicture picture);

    /** It cannot be drawn. Nothing is called after that. */
    void failed(Throwable reason);

    /** It was given up. Nothing is called after that. */
    void left(Leaving why);
}
