package org.sjd4j.family;

/** The machine has no room for the model. */
public final class TooLittleMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLittleMemoryException(String message) {
        super(message);
    }
}
