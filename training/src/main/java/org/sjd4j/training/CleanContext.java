package org.sjd4j.training;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.model.Attention;
import org.sjd4j.model.AttentionContext;
import org.sjd4j.tensor.Tensors;

/**
 * The keys and values of clean rows, recorded in a first pass, on which the noisy rows of a second pass look back as far
 * as a mask lets them.
 */
final class CleanContext implements AttentionContext {
    private final List<Tensor> keys = new ArrayList<>();
    private final List<Tensor> values = new ArrayList<>();
    private final Tensor cleanMask;
    private final Tensor noisyMask;
    private boolean recorded;

    /**
     * An empty context.
     *
     * @param cleanMask {@code [clean, clean]}, what clean rows see
     * @param noisyMask {@code [noisy, clean + noisy]}, what noisy rows see
     */
    CleanContext(Tensor cleanMask, Tensor noisyMask) {
        this.cleanMask = cleanMask;
        this.noisyMask = noisyMask;
    }

    /** What was recorded of the first pictures of the batch, for rows that see something else. */
    CleanContext first(long pictures, Tensor mask) {
        var context = new CleanContext(cleanMask, mask);
        keys.forEach(all -> context.keys.add(all.narrow(0, 0, pictures)));
        values.forEach(all -> context.values.add(all.narrow(0, 0, pictures)));
        context.recorded();
        return context;
    }

    /** Ends the first pass. */
    void recorded() {
        recorded = true;
    }

    @Override
    public Tensor attend(int layer, Tensor q, Tensor k, Tensor v) {
        return Attention.masked(q, seen(keys, layer, k), seen(values, layer, v), recorded ? noisyMask : cleanMask);
    }

    private Tensor seen(List<Tensor> store, int layer, Tensor fresh) {
        if (recorded) {
            return Tensors.cat(2, store.get(layer), fresh);
        }
        store.add(fresh);
        return fresh;
    }
}
