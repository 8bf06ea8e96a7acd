package org.sjd4j.decode.sampling;

import java.util.Arrays;

/**
 * The largest of many floats.
 *
 * <p>A sample tells a value that the k-th largest almost surely reaches, and what is less is dropped unseen. Only the rest
 * is ranked: by the first digit in which its bits differ, and what shares the answer's digit by the next. It takes linear
 * time whatever the order and the ties; a sample that misleads costs one more pass and changes nothing. Holds buffers: one
 * instance per thread.
 */
final class Selection {

    private static final int SAMPLE = 512;
    private static final int DIGIT_BITS = 10;

    /** So few are sorted. */
    private static final int FEW = 32;

    /** A rank in the sample is off by less than this many standard deviations in all but one of 700 rows. */
    private static final double CAUTION = 3;

    private final int[] keys;
    private final int[] counts = new int[1 << DIGIT_BITS];

    /** For rows of up to this length. */
    Selection(int length) {
        keys = new int[Math.max(length, SAMPLE)];
    }

    /**
     * Takes at least the k largest numbers of a row that are above negative infinity, if there are so many, and all that
     * equal the last of them. What is not a number is taken, too.
     *
     * @param k from 1 to the length of the row
     */
    void preselect(int k, float[] row, Survivors survivors) {
        survivors.take(row, guess(k, row));
        if (survivors.size() < k) {
            survivors.take(row, -Float.MAX_VALUE);
        }
    }

    /**
     * Drops all but the k largest and those that equal the last of them.
     *
     * @param k from 1
     * @param survivors finite
     */
    void select(int k, Survivors survivors) {
        int size = survivors.size();
        if (size > k) {
            fillKeys(survivors.values(), 1, size);
            survivors.dropBelow(fromKey(largestKey(k, size)));
        }
    }

    /** A finite value that at least k numbers almost surely reach, and not many more. */
    private float guess(int k, float[] row) {
        int stride = row.length / SAMPLE;
        double share = k / (double) row.length;
        double rank = SAMPLE * share + CAUTION * Math.sqrt(SAMPLE * share * (1 - share)) + 1;
        if (stride < 2 || rank >= SAMPLE) {
            return -Float.MAX_VALUE;
        }
        fillKeys(row, stride, SAMPLE);
        float guess = fromKey(largestKey((int) rank, SAMPLE));
        return Float.isFinite(guess) ? guess : -Float.MAX_VALUE;
    }

    private void fillKeys(float[] numbers, int stride, int count) {
        for (int i = 0; i < count; i++) {
            keys[i] = toKey(numbers[i * stride]);
        }
    }

    /** The rank-th largest of the first keys, whose order is lost. */
    private int largestKey(int rank, int count) {
        int left = count;
        int wanted = rank;
        while (left > FEW) {
            int least = Integer.MAX_VALUE;
            int most = Integer.MIN_VALUE;
            for (int i = 0; i < left; i++) {
                least = Math.min(least, keys[i]);
                most = Math.max(most, keys[i]);
            }
            if (least == most) {
                return least;
            }
            int shift = Math.max(0, Integer.SIZE - Integer.numberOfLeadingZeros(most - least) - DIGIT_BITS);
            Arrays.fill(counts, 0);
            for (int i = 0; i < left; i++) {
                counts[keys[i] - least >>> shift]++;
            }
            int digit = most - least >>> shift;
            while (wanted > counts[digit]) {
                wanted -= counts[digit--];
            }
            int kept = 0;
            for (int i = 0; i < left; i++) {
                int key = keys[i];
                keys[kept] = key;
                kept += key - least >>> shift == digit ? 1 : 0;
            }
            left = kept;
        }
        Arrays.sort(keys, 0, left);
        return keys[left - wanted];
    }

    /** An int whose order is the order of the floats: bits of negative floats count backwards. */
    private static int toKey(float number) {
        int bits = Float.floatToRawIntBits(number);
        return bits ^ bits >> 31 & Integer.MAX_VALUE;
    }

    private static float fromKey(int key) {
        return Float.intBitsToFloat(key ^ key >> 31 & Integer.MAX_VALUE);
    }
}
