package org.sjd4j.training.loop;

import java.nio.file.Path;
import java.util.Map;

/** Hears how a training run goes. */
public interface TrainingListener {
    /** Hears nothing. */
    TrainingListener SILENT = (step, steps, loss, secondsPerStep) -> {};

    /**
     * While images are turned into tokens, before the first update.
     *
     * @param done examples so far
     * @param examples in all
     */
    default void encoded(int done, int examples) {}

    /**
     * After every update.
     *
     * @param loss of this batch
     * @param secondsPerStep recent average
     */
    void updated(long step, long steps, double loss, double secondsPerStep);

    /** After a validation. */
    default void validated(long step, Map<String, Double> figures) {}

    /** After a checkpoint was written and verified. */
    default void saved(long step, Path checkpoint) {}

    /** When something went wrong that training can do without. */
    default void warned(String message) {}

    /**
     * Asked after every update, and while images are encoded: whether to save what there is now and end with a
     * {@link TrainingException}.
     */
    default boolean stopRequested() {
        return false;
    }
}
