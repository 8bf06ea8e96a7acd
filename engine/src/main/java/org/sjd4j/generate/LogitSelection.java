package org.sjd4j.generate;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The first part of sampling on the device of the network: guidance, temperature, and the largest logits of each row, so
 * that no more leaves it than may be sampled. The arithmetic is that of {@link org.sjd4j.decode.sampling.RowProcessor}, to
 * the bit: each operator rounds once, and nothing is multiplied by a reciprocal.
 *
 * @param logits {@code [rows, image ids]}, guided and divided by the temperature
 * @param values the largest of each row in the order of their ids, {@code [rows, count]}; nothing if all are wanted
 * @param places their ids, counted from the first image id, int32 {@code [rows, count]}
 * @param totals the sum of {@code e^(logit - largest logit)} of each row, {@code [rows]}
 */
record LogitSelection(
        Tensor logits,
        @Nullable Tensor values,
        @Nullable Tensor places,
        @Nullable Tensor totals) {
    /**
     * Selects.
     *
     * @param logits {@code [images, branches, rows, image ids]}, float32; the first branch is the conditional one
     * @param scale guidance scale of each image, {@code [images]} float32; 1 is no guidance
     * @param temperature of each image, {@code [images]} float32
     * @param count how many of the largest of each row, or 0 for all
     */
    static LogitSelection of(Tensor logits, Tensor scale, Tensor temperature, int count) {
        Tensor guided = guided(logits, scale.view(-1, 1, 1));
        Tensor rows = guided.div(temperature.view(-1, 1, 1)).flatten(0, 1);
        if (count == 0) {
            return new LogitSelection(rows, null, null, null);
        }
        var largest = torch.topk(rows, count, -1, true, false);
        var order = torch.sort(largest.get1(), -1, false);
        Tensor values = largest.get0().gather(-1, order.get1());
        Tensor weights = rows.sub(rows.amax(new long[] {-1}, true)).exp();
        return new LogitSelection(rows, values, order.get0().to(ScalarType.Int), weights.sum(-1));
    }

    private static Tensor guided(Tensor logits, Tensor scale) {
        Tensor conditional = logits.select(1, 0);
        if (logits.size(1) == 1) {
            return conditional;
        }
        Tensor unconditional = logits.select(1, 1);
        Tensor guided = unconditional.add(conditional.sub(unconditional).mul(scale));
        return torch.where(scale.eq(new Scalar(1)), conditional, guided);
    }

    /** This selection, beyond the current scope. */
    LogitSelection kept() {
        return new LogitSelection(keep(logits), keepIfAny(values), keepIfAny(places), keepIfAny(totals));
    }

    /** An object of its own for a tensor, as operators may return what another object holds. */
    static Tensor keep(Tensor tensor) {
        Tensor alias = new Tensor(tensor);
        alias.retainReference();
        return alias;
    }

    private static @Nullable Tensor keepIfAny(@Nullable Tensor tensor) {
        return tensor == null ? null : keep(tensor);
    }

    /** Frees what {@link #kept} returned. */
    void close() {
        logits.close();
        for (Tensor tensor : new Tensor[] {values, places, totals}) {
            if (tensor != null) {
                tensor.close();
            }
        }
    }
}
