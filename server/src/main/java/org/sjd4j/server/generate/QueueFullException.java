package org.sjd4j.server.generate;

/** There is no room in the queue. */
public final class QueueFullException extends RuntimeException {
    /** @param capacity of the queue */
    public QueueFullException(int capacity) {
        super("the queue of " + capacity + " images is full; try again soon");
    }
}
