package org.sjd4j.decode;

/**
 * The noise levels of a denoising path: Karras' spacing (arXiv 2206.00364, equation 5, rho = 7) over the noise-to-signal
 * ratio {@code r = sigma / alpha}, as SJD2 (arXiv 2510.08994) decodes, on the flow-matching path {@code t = r / (1 + r)}.
 *
 * <p>The range belongs to the checkpoint: training and decoding must agree on it.
 *
 * @param rMin the ratio of the last noisy level
 * @param rMax the ratio at which nothing is recognisable any more
 */
public record NoiseSchedule(double rMin, double rMax) {

    /** The range that is customary since Karras et al. */
    public static final NoiseSchedule KARRAS = new NoiseSchedule(0.02, 80);

    private static final double RHO = 7;

    public NoiseSchedule {
        if (!(rMin > 0 && rMin < rMax && rMax < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "a noise schedule needs 0 < rMin < rMax, but found rMin %s and rMax %s".formatted(rMin, rMax));
        }
    }

    /**
     * The noise level t of each of {@code steps + 1} levels, ascending: level 0 is clean (t = 0), level {@code steps}
     * is pure noise (t = 1).
     */
    public double[] levels(int steps) {
        double[] levels = new double[steps + 1];
        for (int level = 1; level < steps; level++) {
            double share = (level - 1) / (double) (steps - 1);
            double root = Math.pow(rMin, 1 / RHO) + share * (Math.pow(rMax, 1 / RHO) - Math.pow(rMin, 1 / RHO));
            double ratio = Math.pow(root, RHO);
            levels[level] = ratio / (1 + ratio);
        }
        if (steps > 0) {
            levels[steps] = 1;
        }
        return levels;
    }
}
