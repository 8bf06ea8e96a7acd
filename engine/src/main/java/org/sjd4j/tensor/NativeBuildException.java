package org.sjd4j.tensor;

/** The class path has no native build of LibTorch, or more than one, or the machine lacks libraries that it needs. */
public final class NativeBuildException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NativeBuildException(String message) {
        super(message);
    }
}
