package org.sjd4j.decode.random;

/**
 * All randomness of an image, as a pure function of (seed, position, purpose, counter). Nothing is consumed in an
 * order, so a result depends neither on the length of the window nor on batches, threads or partitions.
 *
 * <p>Logarithm, sine and cosine are {@link StrictMath}'s: the same bits on every machine.
 *
 * @param seed the image's seed
 */
public record Randomness(long seed) {

    /** What a random number is for. Numbers for different purposes are independent. */
    public enum Purpose {
        /** Samples, acceptance and random drafts of a position, one after the other. */
        UNIFORM(1),
        /** The position's fixed Gumbel noise, one number for each token id. */
        GUMBEL(2),
        /** Gaussian noise that a draft starts from, one number for each pair of dimensions. */
        GAUSSIAN(3),
        /** Seeds of other images, one for each number. */
        SEED(4);

        /** Part of what a seed means: changing it changes every image. */
        private final int code;

        Purpose(int code) {
            this.code = code;
        }
    }

    /** The n-th uniform number of a position and purpose, strictly between 0 and 1. */
    public double uniform(int position, Purpose purpose, int n) {
        return uniform(block(position, purpose, n).low());
    }

    /** The fixed Gumbel noise {@code -ln(-ln u)} of a token id at a position. */
    public double gumbel(int position, int id) {
        return -StrictMath.log(exponential(position, id));
    }

    /** The exponential variate {@code -ln u = e^-gumbel} of a token id at a position. */
    double exponential(int position, int id) {
        return -StrictMath.log(uniform(position, Purpose.GUMBEL, id));
    }

    /** Standard Gaussian noise of a position (Box and Muller), one number for each of {@code size} dimensions. */
    public float[] gaussian(int position, int size) {
        float[] noise = new float[size];
        for (int d = 0; d < size; d += 2) {
            Philox block = block(position, Purpose.GAUSSIAN, d / 2);
            double radius = StrictMath.sqrt(-2 * StrictMath.log(uniform(block.low())));
            double angle = 2 * StrictMath.PI * uniform(block.high());
            noise[d] = (float) (radius * StrictMath.cos(angle));
            if (d + 1 < size) {
                noise[d + 1] = (float) (radius * StrictMath.sin(angle));
            }
        }
        return noise;
    }

    /**
     * A seed of its own for each number, such as that of a row among many to sample.
     *
     * @return a seed that is not negative
     */
    public long seed(long number) {
        return Philox.block(seed, (int) number, Purpose.SEED.code, (int) (number >>> 32), 0)
                        .low()
                >>> 1;
    }

    private Philox block(int position, Purpose purpose, int n) {
        return Philox.block(seed, position, purpose.code, n, 0);
    }

    /** The middle of one of 2^52 equal intervals, hence never 0 or 1. */
    private static double uniform(long bits) {
        return ((bits >>> 12) + 0.5) * 0x1p-52;
    }
}
