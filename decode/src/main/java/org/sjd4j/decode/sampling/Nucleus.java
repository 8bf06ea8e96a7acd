package org.sjd4j.decode.sampling;

import java.util.Arrays;

/**
 * Finds where top-p cuts: how large the largest weights are that together reach a sum. Weights are added up by the first
 * bits of their float, which order them; only those that share them with the last one kept are sorted. Holds buffers: one
 * instance per thread.
 */
final class Nucleus {

    /** Sign, exponent and three bits of the fraction. */
    private static final int SHIFT = 20;

    private final double[] sums = new double[(Float.floatToRawIntBits(1) >>> SHIFT) + 1];
    private final float[] last;

    /** For up to this many weights. */
    Nucleus(int length) {
        last = new float[length];
    }

    /**
     * The least of the largest weights that together reach a share of the sum, as few of them as possible.
     *
     * @param weights from 0 to 1, not all 0
     * @param count how many of them count
     * @param share above 0, below 1
     */
    float threshold(float[] weights, int count, double share) {
        return reaching(share * sum(weights, count), weights, count);
    }

    /** The sum of the first weights, which are those of the next call of {@link #reaching}. */
    double sum(float[] weights, int count) {
        Arrays.fill(sums, 0);
        for (int i = 0; i < count; i++) {
            sums[bucket(weights[i])] += weights[i];
        }
        return Arrays.stream(sums).sum();
    }

    /**
     * The least of the largest weights that together reach {@code target}, as few of them as possible; 0 if all together do
     * not.
     *
     * @param weights that {@link #sum} was asked about last
     */
    float reaching(double target, float[] weights, int count) {
        int bucket = sums.length - 1;
        double sum = 0;
        while (bucket > 0 && sum + sums[bucket] < target) {
            sum += sums[bucket--];
        }
        int n = 0;
        for (int i = 0; i < count; i++) {
            if (bucket(weights[i]) == bucket) {
                last[n++] = weights[i];
            }
        }
        Arrays.sort(last, 0, n);
        float least = 0; // stays so if rounding kept the sum below the target
        while (n > 0 && sum < target) {
            least = last[--n];
            sum += least;
        }
        return least;
    }

    private static int bucket(float weight) {
        return Float.floatToRawIntBits(weight) >>> SHIFT;
    }
}
