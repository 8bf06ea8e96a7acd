package org.sjd4j.tensor;

import org.jspecify.annotations.Nullable;
import org.sjd4j.io.Excerpt;

/**
 * A checkpoint cannot be read or written: the one typed error of everything that touches checkpoint files.
 *
 * <p>The message always has the same four parts: which file, what was found, what was expected, what to do.
 */
public final class CheckpointException extends RuntimeException {

    private static final int LONGEST_QUOTE = 120;

    private final String fault;

    /** A failure without another one underneath; the parameters are those of the other constructor. */
    public CheckpointException(String source, String found, String expected, String advice) {
        this(source, found, expected, advice, null);
    }

    /**
     * @param source the file (or other origin) that is at fault
     * @param found what is there
     * @param expected what should be there
     * @param advice what the reader of the message can do about it
     * @param cause the failure underneath, if there is one
     */
    public CheckpointException(String source, String found, String expected, String advice, @Nullable Throwable cause) {
        super(source + ": found " + found + "; expected " + expected + "; " + advice, cause);
        this.fault = source + ": found " + found;
    }

    /** The first half of the message, which file and what was found, for the message of a larger failure. */
    public String fault() {
        return fault;
    }

    /** Text from an untrusted file made fit for a message: in quotes, shortened, with escapes for hidden characters. */
    public static String quote(String text) {
        return "'" + Excerpt.of(text, LONGEST_QUOTE) + "'";
    }
}
