package org.sjd4j.generate;

import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.Tensors;

/**
 * A prompt that has been read: the conditional one, or the unconditional one that guidance leads away from.
 *
 * @param first where the row stands that predicts the first token
 * @param start that row, {@code [1, 1, hidden]}
 * @param context {@code [1, length, hidden]}, added to the row that predicts each token; or nothing
 * @param rotations of the rows from {@code first} on, {@code [length, 1, headSize / 2]}
 */
record Branch(long first, Tensor start, @Nullable Tensor context, Tensor rotations) {
    /**
     * The rows of a pass as this branch reads them.
     *
     * @param position image position that the first row predicts
     * @param count number of rows
     * @param embedded {@code [1, count, hidden]}, or one row less if {@code position} is 0: the first row is
     *     {@link #start} then; or nothing, if no row is left
     */
    Tensor input(int position, int count, @Nullable Tensor embedded) {
        Tensor rows;
        if (embedded == null) {
            rows = start;
        } else if (position == 0) {
            rows = Tensors.cat(1, start, embedded);
        } else {
            rows = embedded;
        }
        return context == null ? rows : rows.add(context.narrow(1, position, count));
    }

    /** Rotations of the rows of a pass. */
    Tensor rotations(int position, int count) {
        return rotations.narrow(0, position, count);
    }

    void close() {
        start.close();
        rotations.close();
        if (context != null) {
            context.close();
        }
    }
}
