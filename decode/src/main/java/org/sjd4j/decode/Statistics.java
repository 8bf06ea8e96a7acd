package org.sjd4j.decode;

import java.util.Arrays;

/**
 * What a decoding took. Counts only; the caller measures time.
 *
 * @param rows that the model read in all passes
 * @param acceptedPerStep accepted tokens of each forward pass
 * @param refinedDrafts how often a draft was refined instead of verified
 * @param changedDrafts how often this changed its token; SCD (arXiv 2510.24211) counts 94 % for independent resamples
 */
@SuppressWarnings("ArrayRecordComponent") // figures to be read, never compared
public record Statistics(long rows, int[] acceptedPerStep, long refinedDrafts, long changedDrafts) {

    /** The number of forward passes. */
    public int steps() {
        return acceptedPerStep.length;
    }

    /** Accepted tokens per forward pass; autoregression has 1. */
    public double stepCompression() {
        return Arrays.stream(acceptedPerStep).average().orElse(0);
    }

    /** Collects the figures while a decoding runs. */
    static final class Counter {

        private long rows;
        private int[] accepted = new int[64];
        private int steps;
        private long refined;
        private long changed;

        void step(int rowsRead, int acceptedTokens) {
            if (steps == accepted.length) {
                accepted = Arrays.copyOf(accepted, 2 * steps);
            }
            accepted[steps++] = acceptedTokens;
            rows += rowsRead;
        }

        void refined(boolean changesToken) {
            refined++;
            changed += changesToken ? 1 : 0;
        }

        int steps() {
            return steps;
        }

        Statistics statistics() {
            return new Statistics(rows, Arrays.copyOf(accepted, steps), refined, changed);
        }
    }
}
