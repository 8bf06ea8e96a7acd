package org.sjd4j.server.draw;

/** A picture was given up. */
public final class GivenUpException extends RuntimeException {
    private final boolean late;

    /** @param late because its deadline passed, not because somebody cancelled it */
    public GivenUpException(boolean late) {
        super(late ? "the deadline passed" : "cancelled", null, false, false);
        this.late = late;
    }

    /** Whether its deadline passed. */
    public boolean late() {
        return late;
    }
}
