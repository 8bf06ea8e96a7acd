package org.sjd4j.llama;

import java.util.Collections;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.Tensors;

/**
 * Scaled dot-product attention of queries, keys and values {@code [batch, heads, rows, headSize]}. Keys and values may
 * have fewer heads than the queries: each serves as many neighbouring ones.
 */
public final class Attention {
    private static final TensorOptional NO_MASK = Tensors.forever(new TensorOptional());
    private static final DoubleOptional USUAL_SCALE = Tensors.forever(new DoubleOptional());

    private Attention() {}

    /** Rows of whole sequences: each sees itself and those before it. */
    public static Tensor amongThemselves(Tensor q, Tensor k, Tensor v) {
        long count = q.size(2);
        if (unfused(q) || q.size(1) != k.size(1)) {
            return masked(q, k, v, causal(count, count, q));
        }
        return fused(q, k, v, NO_MASK, count > 1);
    }

    /** Rows that see every key. */
    public static Tensor toAll(Tensor q, Tensor k, Tensor v) {
        return unfolded(attend(folded(q, k), k, v, null), q);
    }

    /**
     * Rows that see what a mask lets them see.
     *
     * @param mask {@code [rows, keys]} or {@code [batch, 1, rows, keys]}, 0 where a row may look and minus infinity
     *     elsewhere
     */
    public static Tensor masked(Tensor q, Tensor k, Tensor v, Tensor mask) {
        long group = q.size(1) / k.size(1);
        Tensor typed = mask.scalar_type().intern() == q.scalar_type().intern() ? mask : mask.to(q.scalar_type());
        Tensor added = group == 1
                ? typed
                : Tensors.cat(
                        -2, Collections.nCopies(Math.toIntExact(group), typed).toArray(Tensor[]::new));
        return unfolded(attend(folded(q, k), k, v, added), q);
    }

    private static Tensor attend(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask) {
        if (unfused(q)) {
            return inParts(q, k, v, mask);
        }
        return fused(q, k, v, mask == null ? NO_MASK : new TensorOptional(mask), false);
    }

    /** The heads of queries that share a head of keys as further rows of one head: so nothing of the keys is copied. */
    private static Tensor folded(Tensor q, Tensor k) {
        long group = q.size(1) / k.size(1);
        return group == 1 ? q : q.reshape(q.size(0), k.size(1), group * q.size(2), q.size(3));
    }

    private static Tensor unfolded(Tensor attended, Tensor like) {
        return attended.size(1) == like.size(1) ? attended : attended.reshape(like.sizes());
    }

    /** A mask for the last {@code rows} of {@code keys} rows: each sees itself and those before it. */
    static Tensor causal(long rows, long keys, Tensor like) {
        return torch.full(
                        new long[] {rows, keys},
                        new Scalar(Float.NEGATIVE_INFINITY),
                        Tensors.options(like.scalar_type(), like.device()))
                .triu(keys - rows + 1);
    }

    private static Tensor fused(Tensor q, Tensor k, Tensor v, TensorOptional mask, boolean causal) {
        return torch.scaled_dot_product_attention(q, k, v, mask, 0, causal, USUAL_SCALE, false);
    }

    /**
     * Whether the fused kernel is none to take. On CPUs it has no fast path for bfloat16, and its parts are twenty times as
     * fast; on GPUs it has no float32 kernel for small heads.
     */
    private static boolean unfused(Tensor q) {
        ScalarType slow = q.device().is_cpu() ? ScalarType.BFloat16 : ScalarType.Float;
        return q.scalar_type().intern() == slow;
    }

    private static Tensor inParts(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask) {
        Tensor scaled = q.mul(new Scalar(1 / Math.sqrt(q.size(3))));
        Tensor scores = torch.matmul(scaled, k.transpose(-1, -2));
        return torch.matmul(torch.softmax(mask == null ? scores : scores.add(mask), -1), v);
    }
}
