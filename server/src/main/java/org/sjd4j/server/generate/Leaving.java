package org.sjd4j.server.generate;

/** Why an image was given up. */
public enum Leaving {
    /** Nobody wants it any more. */
    CANCELLED,

    /** Its deadline passed. */
    LATE,

    /** The server stops, or cannot go on. */
    ABANDONED
}
