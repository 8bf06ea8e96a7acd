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
 * @param ids how many image ids there are
 * @param features of the rows for a neighbour head, {@code [rows, featureWidth]}; empty if there is none
 * @param featureWidth numbers of {@code features} for each row
 */
@SuppressWarnings("ArrayRecordComponent") // read, never compared
record SelectedLogits(
        @Nullable LargestLogits largest,
        float[] whole,
        IntFunction<float[]> row,
        int ids,
        float[] features,
        int featureWidth)
        implements Corrections.Pass {

    Distribution distribution(RowProcessor processor, int position, int index) {
        return largest == null
                ? processor.processGuided(position, whole, index * ids)
                : processor
                        .processLargest(position, largest, index)
                        .orElseGet(() -> processor.processGuided(position, row.apply(index), 0));
    }

    /** {@inheritDoc} Logits that are not here are negative infinity. */
    @Override
    public float[] guided(int index) {
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

    @Override
    public int withPrompt(int index) {
        return index * featureWidth;
    }

    /** {@inheritDoc} The device joined the halves of both rows into one. */
    @Override
    public int withoutPrompt(int index) {
        return withPrompt(index);
    }
}
