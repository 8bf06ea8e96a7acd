package org.sjd4j.api;

/** A picture file does not say how it was made, or cannot be read at all. */
public final class PictureFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PictureFileException(String message) {
        super(message);
    }
}
