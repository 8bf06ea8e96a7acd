package org.sjd4j.decode;

import java.util.Arrays;

/**
 * What a decoding took. Counts only; time is measured by whoever owns a clock.
 *
 * @param rows rows fed in all passes
 * @param guidedRows those of them that had to have guidance, which cost twice
 * @param acceptedPerStep accepted tokens of each forward pass
 * @param refinedDrafts how often a draft was refined instead of verified
 * @param changedDrafts how often this changed its token; SCD (arXiv 2510.24211) counts 94 % for independent resamples
 */
@SuppressWarnings("ArrayRecordComponent") // figures to be read, never compared
public record Statistics(long rows, long guidedRows, int[] acceptedPerStep, long refinedDrafts, long changedDrafts) {

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
        private long guidedRows;
        private int[] accepted = new int[64];
        private int steps;
        private long refined;
        private long changed;

        void step(int rowsFed, int rowsGuided, int acceptedTokens) {
            if (steps == accepted.length) {
                accepted = Arrays.copyOf(accepted, 2 * steps);
            }
            accepted[steps++] = acceptedTokens;
            rows += rowsFed;
            guidedRows += rowsGuided;
        }

        void refined(boolean changesToken) {
            refined++;
            changed += changesToken ? 1 : 0;
        }

        int steps() {
            return steps;
        }

        Statistics statistics() {
            return new Statistics(rows, guidedRows, Arrays.copyOf(accepted, steps), refined, changed);
        }
    }
}
