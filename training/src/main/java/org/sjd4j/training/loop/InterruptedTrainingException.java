package org.sjd4j.training.loop;

/** Training stopped before its end, and the same call would go on: it was asked to stop, or another process still ends. */
public final class InterruptedTrainingException extends TrainingException {
    private static final long serialVersionUID = 1L;

    /** A stop with its message. */
    public InterruptedTrainingException(String message) {
        super(message);
    }
}
