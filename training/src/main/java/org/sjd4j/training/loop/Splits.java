package org.sjd4j.training.loop;

import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.data.Split;

/** The parts of a data set. */
public final class Splits {
    private Splits() {}

    /**
     * Makes sure, before a run begins, that there is something to learn from and something to validate on.
     *
     * @throws TrainingException if not
     */
    public static void require(DataSet data) {
        int training = data.examples(Split.TRAIN).size();
        int heldOut = data.examples(Split.HELD_OUT).size();
        if (training == 0 || heldOut == 0) {
            throw new TrainingException("the data set needs images to train on and held-out ones, found " + training
                    + " and " + heldOut + ": add images, of ten or more some are always held out");
        }
    }
}
