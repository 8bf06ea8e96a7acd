package org.sjd4j.image;

import org.jspecify.annotations.Nullable;

/** An image file cannot be read. The message is one line: which file, what was found, what to do. */
public final class ImageFileException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    ImageFileException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * The same failure, for one who knows where the file is named.
     *
     * @param place goes before the message: a list of files and a line of it
     */
    public ImageFileException at(String place) {
        return new ImageFileException(place + ": " + getMessage(), this);
    }

    /**
     * A file that is something else than an image that can be read.
     *
     * @param source the file, or another origin
     * @param found what it is, as the end of a sentence, and what to do about it
     */
    static ImageFileException noImage(String source, String found, @Nullable Throwable cause) {
        return new ImageFileException(
                source + " should be an image (" + ImageFormat.READABLE + "), but " + found, cause);
    }
}
