package org.sjd4j.bundled;

/** There is no model of a name, or no bundled model in this build. */
public final class ModelNotFoundException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ModelNotFoundException(String message) {
        super(message);
    }
}
