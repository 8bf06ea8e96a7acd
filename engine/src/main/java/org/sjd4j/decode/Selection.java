package org.sjd4j.decode;

import java.util.Arrays;

/**
 * The k-th largest of many floats by radix selection: a float's bits, read as a number of three digits from the most
 * significant, are counted digit by digit, and only those that share the answer's digits stay. It takes linear time
 * whatever the order and the ties. Holds buffers: one instance per thread.
 */
final class Selection {

    private static final int DIGIT_BITS = 11;
    private static final int BASE = 1 << DIGIT_BITS;
    private static final int[] SHIFTS = {21, 10, 0};

    private final int[] candidates;
    private final int[] counts = new int[BASE];

    /** For arrays of up to this length. */
    Selection(int length) {
        candidates = new int[length];
    }

    /** The k-th largest value, k from 1; none may be NaN. */
    float largest(float[] values, int k) {
        for (int i = 0; i < values.length; i++) {
            candidates[i] = toOrdered(Float.floatToRawIntBits(values[i]));
        }
        int left = values.length;
        int rank = k;
        for (int shift : SHIFTS) {
            Arrays.fill(counts, 0);
            for (int i = 0; i < left; i++) {
                counts[digit(candidates[i], shift)]++;
            }
            int digit = BASE - 1;
            while (rank > counts[digit]) {
                rank -= counts[digit--];
            }
            int kept = 0;
            for (int i = 0; i < left; i++) {
                int candidate = candidates[i];
                candidates[kept] = candidate;
                kept += digit(candidate, shift) == digit ? 1 : 0;
            }
            left = kept;
        }
        return Float.intBitsToFloat(fromOrdered(candidates[0]));
    }

    private static int digit(int ordered, int shift) {
        return ordered >>> shift & BASE - 1;
    }

    /** Bits whose unsigned order is the order of the floats: negative floats count backwards. */
    private static int toOrdered(int bits) {
        return bits ^ (bits >> 31 | Integer.MIN_VALUE);
    }

    private static int fromOrdered(int ordered) {
        return ordered ^ (~ordered >> 31 | Integer.MIN_VALUE);
    }
}
