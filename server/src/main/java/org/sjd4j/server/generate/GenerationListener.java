package org.sjd4j.server.generate;

import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Progress;

/** Hears what becomes of a {@link Ticket}. The first three come from its worker's thread, the others from any. */
public interface GenerationListener {
    /** The model has begun. */
    default void started() {}

    /** A step was made. The progress may be asked during this call only. */
    default void stepped(Progress progress) {}

    /** The image is there. Nothing is called after that. */
    void finished(GeneratedImage image);

    /** It cannot be generated. Nothing is called after that. */
    void failed(Throwable reason);

    /** It was given up. Nothing is called after that. */
    void left(Leaving why);
}
