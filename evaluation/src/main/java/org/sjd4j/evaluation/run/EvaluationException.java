package org.sjd4j.evaluation.run;

/** An evaluation cannot be run as asked: the message says why and what to do. */
public final class EvaluationException extends RuntimeException {
    private static final long serialVersionUID = 1;

    EvaluationException(String message) {
        super(message);
    }

    EvaluationException(String message, Throwable cause) {
        super(message, cause);
    }
}
