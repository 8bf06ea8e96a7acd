package org.sjd4j.api;

/** An image file does not say how it was made, or cannot be read at all. */
public final class PngFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PngFileException(String message) {
        super(message);
    }
}
