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
    /** Rows of {@link #inBlocks} are a multiple of this. */
    private static final int ROW_BLOCK = 4;

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

    /**
     * Rows of which each gets the same bits whatever the number of the others is, as long as what it sees and the number of
     * keys are the same. The kernel's matrix products sum in another order where less than four rows are left of their
     * blocks, so there are always a multiple of four: {@link #ROW_BLOCK}.
     *
     * @param q {@code [batch, heads, rows, headSize]}, float32 on a CPU
     * @param mask from {@link #blockMask}
     */
    static Tensor inBlocks(Tensor q, Tensor k, Tensor v, Tensor mask) {
        Tensor folded = folded(q, k);
        long rows = folded.size(2);
        long more = mask.size(0) - rows;
        if (more == 0) {
            return unfolded(fused(folded, k, v, new TensorOptional(mask), false), q);
        }
        Tensor padded =
                torch.constant_pad_nd(folded, 0, 0, 0, more); // the kernel is another one for rows expanded from one
        return unfolded(fused(padded, k, v, new TensorOptional(mask), false).narrow(2, 0, rows), q);
    }

    /**
     * The mask of {@link #inBlocks} for rows from {@code start} on, each of which sees itself and those before it: {@code
     * [rows, keys]}, once for each of the heads that share their keys, and then rows that see all up to a multiple of {@link
     * #ROW_BLOCK}.
     */
    static Tensor blockMask(long start, long rows, long keys, int group, Tensor like) {
        Tensor mask = causal(start, rows, keys, like);
        Tensor folded = group == 1 ? mask : mask.repeat(group, 1);
        long more = roundedUp(group * rows, ROW_BLOCK) - group * rows;
        return more == 0 ? folded : torch.constant_pad_nd(folded, 0, 0, 0, more);
    }

    /** The next multiple of a block, or the number itself. */
    static long roundedUp(long number, long block) {
        return Math.ceilDiv(number, block) * block;
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
        return causal(keys - rows, rows, keys, like);
    }

    /** A mask {@code [rows, keys]} for rows from {@code start} on: each sees itself and those before it. */
    private static Tensor causal(long start, long rows, long keys, Tensor like) {
        return torch.full(
                        new long[] {rows, keys},
                        new Scalar(Float.NEGATIVE_INFINITY),
                        Tensors.options(like.scalar_type(), like.device()))
                .triu(start + 1);
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
