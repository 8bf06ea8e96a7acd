package org.sjd4j.server.generate;

/** An image was given up. */
public final class GivenUpException extends RuntimeException {
    private final Leaving why;

    /** @param why it was given up */
    public GivenUpException(Leaving why) {
        super("the image was given up: " + why, null, false, false);
        this.why = why;
    }

    /** Why it was given up. */
    public Leaving why() {
        return why;
    }
}
