package org.sjd4j.decode;

/** Watches a decoding, for previews, progress and trajectories. An exception that it throws ends the decoding. */
@FunctionalInterface
public interface StepObserver {

    /** Watches nothing. */
    StepObserver NONE = (step, accepted, tokens) -> {};

    /**
     * Called after each step.
     *
     * @param step forward passes so far, from 1
     * @param accepted the number of accepted tokens
     * @param tokens the accepted tokens followed by the current drafts; the observer's to keep
     */
    void afterStep(int step, int accepted, int[] tokens);
}
