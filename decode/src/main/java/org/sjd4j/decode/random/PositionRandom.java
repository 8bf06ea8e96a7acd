package org.sjd4j.decode.random;

import org.sjd4j.decode.random.Randomness.Purpose;

/**
 * The private randomness of one position: a stream of fresh uniform numbers, and Gumbel noise that stays the same for
 * as long as the position is in the window. Both depend on seed and position only, and on how many numbers were taken.
 */
public final class PositionRandom {

    private final Randomness randomness;
    private final int position;
    private final GumbelNoise gumbel;
    private int taken;

    /**
     * The randomness of a position at which nothing was drawn yet.
     *
     * @param gumbel the position's noise
     */
    public PositionRandom(Randomness randomness, int position, GumbelNoise gumbel) {
        this.randomness = randomness;
        this.position = position;
        this.gumbel = gumbel;
    }

    /** A fresh uniform number in (0, 1), independent of all before it. */
    public double uniform() {
        return randomness.uniform(position, Purpose.UNIFORM, taken++);
    }

    /** The position's fixed Gumbel noise. */
    public GumbelNoise gumbel() {
        return gumbel;
    }

    /** Gaussian noise of the given size; always the same, as a draft starts from noise only once. */
    public float[] gaussian(int size) {
        return randomness.gaussian(position, size);
    }
}
