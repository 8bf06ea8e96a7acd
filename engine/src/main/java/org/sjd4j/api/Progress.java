package org.sjd4j.api;

import java.awt.image.BufferedImage;

/** How far an image is after a step. It may be asked during the call that hands it over, and not later. */
public interface Progress {
    /** Forward passes so far, from 1. */
    int steps();

    /** The number of accepted tokens. */
    int accepted();

    /** Tokens of the whole image. */
    int length();

    /** The accepted tokens and the drafts behind them. */
    int[] tokens();

    /**
     * The accepted tokens and the drafts behind them as an image. What is still unknown repeats what is above it. It takes
     * about as long as a forward pass.
     */
    BufferedImage preview();
}
