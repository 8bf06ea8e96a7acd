package org.sjd4j.decode.sampling;

/**
 * The largest logits of several rows, which are guided and divided by the temperature already: what a selection on another
 * device leaves over.
 *
 * @param count how many of each row; at most as many as there are image ids
 * @param values {@code [rows, count]}
 * @param places which image id each belongs to, counted from the first one, ascending in a row, {@code [rows, count]}
 * @param totals for each row the sum of {@code e^(logit - largest logit)} over all its logits, right to {@link #TOTAL_ERROR};
 *     read only for top-p without top-k
 */
@SuppressWarnings("ArrayRecordComponent") // read, never compared
public record LargestLogits(int count, float[] values, int[] places, float[] totals) {
    /** How wrong a total may be, relative to itself: sums of many float32 numbers are right to a hundredth of this. */
    static final double TOTAL_ERROR = 1e-4;

    /**
     * How many of the largest logits of a row almost surely tell its distribution.
     *
     * @param ids number of image ids
     * @return at most {@code ids}
     */
    public static int enough(Sampling sampling, int ids) {
        boolean cut = sampling.topK() > 0 && sampling.topK() < ids;
        if (cut) {
            return Math.min(ids, sampling.topK() + sampling.topK() / TIES + SPARE);
        }
        return sampling.topP() < 1 ? Math.min(ids, NUCLEUS) : ids;
    }

    /** The share of top-k that may have the same logit as the last of them, where logits are rounded. */
    private static final int TIES = 8;

    private static final int SPARE = 64;

    /** Ids that top-p alone keeps at most, as a rule. */
    private static final int NUCLEUS = 2048;
}
