package org.sjd4j.model;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.tensor.Tensors;

/** Scaled dot-product attention of queries, keys and values {@code [batch, heads, rows, headSize]}. */
public final class Attention {
    private Attention() {}

    /** Rows of whole sequences: each sees itself and those before it. */
    public static Tensor amongThemselves(Tensor q, Tensor k, Tensor v) {
        long count = q.size(2);
        if (slowFused(q)) {
            return inParts(q, k, v, causal(count, count, q));
        }
        return fused(q, k, v, new TensorOptional(), count > 1);
    }

    /** Rows that see every key. */
    public static Tensor toAll(Tensor q, Tensor k, Tensor v) {
        return fused(q, k, v, new TensorOptional(), false);
    }

    /**
     * Rows that see what a mask lets them see.
     *
     * @param mask {@code [rows, keys]}, 0 where a row may look and minus infinity elsewhere
     */
    public static Tensor masked(Tensor q, Tensor k, Tensor v, Tensor mask) {
        Tensor added = mask.to(q.scalar_type());
        return slowFused(q) ? inParts(q, k, v, added) : fused(q, k, v, new TensorOptional(added), false);
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
        return torch.scaled_dot_product_attention(q, k, v, mask, 0, causal, new DoubleOptional(), false);
    }

    /** The fused kernel has no fast path for bfloat16 on processors; its parts are twenty times as fast there. */
    private static boolean slowFused(Tensor q) {
        return q.scalar_type().intern() == ScalarType.BFloat16 && q.device().is_cpu();
    }

    private static Tensor inParts(Tensor q, Tensor k, Tensor v, Tensor mask) {
        Tensor scaled = q.mul(new Scalar(1 / Math.sqrt(q.size(3))));
        Tensor scores = torch.matmul(scaled, k.transpose(-1, -2));
        return torch.matmul(torch.softmax(scores.add(mask), -1), v);
    }
}
