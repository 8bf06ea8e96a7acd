package org.sjd4j.training.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.sjd4j.llama.AttentionContext;
import org.sjd4j.tensor.Tensors;

/**
 * What clean rows look back on: themselves. Their keys and values are recorded, for noisy rows of a second pass to look
 * back on as far as their segments let them.
 *
 * <p>The record belongs to the scope in which the context is made, whatever scope a block is computed in.
 */
public final class CleanContext implements AttentionContext {
    private final @Nullable PointerScope scope = PointerScope.getInnerScope();
    private final List<Tensor> recorded = new ArrayList<>();
    private final List<AttentionSpan> spans;
    private final Device device;

    /** A context of so many rows, with nothing recorded. */
    public CleanContext(int rows, Device device) {
        this.spans = AttentionSpan.causal(rows, device);
        this.device = device;
    }

    @Override
    public Tensor attend(int layer, Tensor q, Tensor kv) {
        recorded.add(recorded(kv));
        return AttentionSpan.attend(spans, q, span -> kv.narrow(2, 0, span.first() + span.count()));
    }

    /** A copy, for keys and values are views of all that a block projects, which should not be kept as well. */
    private Tensor recorded(Tensor fresh) {
        Tensor copy = fresh.contiguous();
        if (scope != null) {
            scope.attach(copy);
        }
        return copy;
    }

    /**
     * What noisy rows of the first so many images look back on.
     *
     * @param prompt rows of the prompt, which all of them see
     * @param starts for every noisy row the first row of its segment
     */
    public AttentionContext before(long images, int prompt, int[] starts) {
        var segments = AttentionSpan.segmented(prompt, starts, device);
        return (layer, q, kv) -> AttentionSpan.attend(segments, q, span -> seen(recorded.get(layer), images, span, kv));
    }

    private static Tensor seen(Tensor clean, long images, AttentionSpan span, Tensor fresh) {
        return Tensors.cat(2, clean.narrow(0, 0, images).narrow(2, 0, span.seen()), span.of(fresh));
    }
}
