package org.sjd4j.training.loop;

/** Training cannot go on; the message says why and what to do. */
public sealed class TrainingException extends RuntimeException permits InterruptedTrainingException {
    private static final long serialVersionUID = 1L;

    /** A failure with its message. */
    public TrainingException(String message) {
        super(message);
    }

    /** A failure with its message and cause. */
    public TrainingException(String message, Throwable cause) {
        super(message, cause);
    }
}
