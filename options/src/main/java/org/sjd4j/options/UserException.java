package org.sjd4j.options;

/** The user asked for something that cannot be; the message says what, and what to do. */
public final class UserException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What was wrong and what to do, without a failure underneath. */
    public UserException(String message) {
        super(message);
    }

    /** What was wrong and what to do. */
    public UserException(String message, Throwable cause) {
        super(message, cause);
    }
}
