package org.sjd4j.evaluation.run;

/** An evaluation cannot be run as asked: the message says why and what to do. */
public final class EvaluationException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** A failure. */
    public EvaluationException(String message) {
        super(message);
    }

    /** A failure with a cause. */
    public EvaluationException(String message, Throwable cause) {
        super(message, cause);
    }
}
