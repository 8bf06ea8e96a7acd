package org.sjd4j.llama;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.tensor.Tensors;

/** The rows of several sequences, one sequence's after the other's in one batch entry: each attends for itself. */
record SequenceBySequence(List<Part> parts) implements AttentionContext {
    /**
     * A sequence.
     *
     * @param context that of this sequence alone
     * @param rows of this sequence in the pass
     */
    record Part(AttentionContext context, long rows) {}

    @Override
    public Tensor attend(int layer, Tensor q, Tensor kv) {
        var attended = new ArrayList<Tensor>();
        long from = 0;
        for (Part part : parts) {
            Tensor own = q.narrow(2, from, part.rows);
            attended.add(part.context.attend(layer, own, kv.narrow(2, from, part.rows)));
            from += part.rows;
        }
        return Tensors.cat(2, attended.toArray(Tensor[]::new));
    }
}
