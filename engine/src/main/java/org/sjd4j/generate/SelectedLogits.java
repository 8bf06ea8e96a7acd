package org.sjd4j.generate;

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
 * @param row all logits of a row, for those whose largest ones do not tell its distribution
 */
@SuppressWarnings("ArrayRecordComponent") // read, never compared
record SelectedLogits(@Nullable LargestLogits largest, float[] whole, IntFunction<float[]> row) {

    Distribution distribution(RowProcessor processor, int position, int index, int ids) {
        return largest == null
                ? processor.processGuided(position, whole, index * ids)
                : processor
                        .processLargest(position, largest, index)
                        .orElseGet(() -> processor.processGuided(position, row.apply(index), 0));
    }
}
