package org.sjd4j.training.denoising;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Which codes of a batch are read noisy, and how noisy: random segments, each of one level, of a staircase that rises to
 * the right as in a decoding window, or of pure noise (SJD2, arXiv 2510.08994).
 *
 * @param starts for every code the first code of its segment; the same for the whole batch
 * @param levels noise level t of every code of every image, {@code [batch][codes]}
 */
@SuppressWarnings("ArrayRecordComponent") // read, never compared
record NoiseSegments(int[] starts, float[][] levels) {
    private static final double PURE = 0.2;
    private static final double CONSTANT = 0.3;

    /** Samples segments of {@code shortest} to {@code longest} codes that cover all codes. */
    static NoiseSegments sample(
            SplittableRandom random, int batch, int codes, int shortest, int longest, double rMin, double rMax) {
        int[] starts = new int[codes];
        float[][] levels = new float[batch][codes];
        for (int begin = 0; begin < codes; ) {
            int end = Math.min(codes, begin + random.nextInt(shortest, longest + 1));
            Arrays.fill(starts, begin, end, begin);
            for (float[] image : levels) {
                fill(random, image, begin, end, rMin, rMax);
            }
            begin = end;
        }
        return new NoiseSegments(starts, levels);
    }

    /**
     * Where the segments began a pass earlier, when {@code fewer} codes less had been accepted, and all was pure noise.
     *
     * @param images how many of the batch
     */
    NoiseSegments earlier(int fewer, int images) {
        int[] before = new int[starts.length];
        for (int i = 0; i < before.length; i++) {
            before[i] = Math.max(0, starts[Math.min(i + fewer, before.length - 1)] - fewer);
        }
        float[][] pure = new float[images][before.length];
        for (float[] image : pure) {
            Arrays.fill(image, 1f);
        }
        return new NoiseSegments(before, pure);
    }

    private static void fill(SplittableRandom random, float[] levels, int begin, int end, double rMin, double rMax) {
        double kind = random.nextDouble();
        if (kind < PURE) {
            Arrays.fill(levels, begin, end, 1f);
        } else if (kind < PURE + CONSTANT) {
            Arrays.fill(levels, begin, end, (float) level(random.nextDouble(), rMin, rMax));
        } else {
            double low = random.nextDouble();
            double rise = (1.2 - low) * random.nextDouble(0.3, 2) / (end - begin);
            for (int i = begin; i < end; i++) {
                double share = low + rise * (i - begin);
                levels[i] = share >= 1 ? 1f : (float) level(share, rMin, rMax);
            }
        }
    }

    /** The noise level t = r / (1 + r) at a share of the way from log rMin to log rMax. */
    private static double level(double share, double rMin, double rMax) {
        double r = Math.exp(Math.log(rMin) + share * (Math.log(rMax) - Math.log(rMin)));
        return r / (1 + r);
    }
}
