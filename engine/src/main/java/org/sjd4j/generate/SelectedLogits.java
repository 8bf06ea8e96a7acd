package org.sjd4j.generate;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.LargestLogits;
import org.sjd4j.decode.sampling.RowProcessor;

/**
 * Logits of some rows of a pass, guided and divided by the temperature: all of each row, or the largest ones.
 *
 * @param largest of each row; nothing if all logits are here
 * @param whole {@code [rows, image ids]}; empty if only the largest are here
 * @param row all logits of a row, for those whose largest ones do not tell its distribution; to be asked before the next pass
 * @param shares of the rows for a neighbour head, {@code [rows, shareWidth]}; empty if there is none
 */
@SuppressWarnings("ArrayRecordComponent") // read, never compared
record SelectedLogits(@Nullable LargestLogits largest, float[] whole, IntFunction<float[]> row, float[] shares) {

    Distribution distribution(RowProcessor processor, int position, int index, int ids) {
        return largest == null
                ? processor.processGuided(position, whole, index * ids)
                : processor
                        .processLargest(position, largest, index)
                        .orElseGet(() -> processor.processGuided(position, row.apply(index), 0));
    }

    /** A copy of a row as far as it is here, with negative infinity for logits that are not. */
    float[] known(int index, int ids) {
        if (largest == null) {
            return Arrays.copyOfRange(whole, index * ids, (index + 1) * ids);
        }
        float[] logits = new float[ids];
        Arrays.fill(logits, Float.NEGATIVE_INFINITY);
        int first = index * largest.count();
        for (int i = first; i < first + largest.count(); i++) {
            logits[largest.places()[i]] = largest.values()[i];
        }
        return logits;
    }
}
