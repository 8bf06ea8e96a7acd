package org.sjd4j.training.data;

/** Whether an example is there to learn from, or is kept back to see what was learned. */
public enum Split {
    TRAIN,
    HELD_OUT
}
