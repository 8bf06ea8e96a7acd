package org.sjd4j.llama;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Weights;

/**
 * Low-rank additions to the projections of a {@link LlamaStack} (LoRA, Hu et al., arXiv 2106.09685) that act on some rows
 * only.
 *
 * <p>Rows behind a closed gate get exactly what the stack alone gives. In denoising, the gate is open for noisy rows; no
 * row that verifies looks back on a noisy one, so the model's distribution stays what it was.
 */
public final class LowRankAdapter {
    private final List<Layer> layers = new ArrayList<>();

    private record Pair(Tensor down, Tensor up) {}

    private record Layer(Pair qkv, Pair output, Pair gateUp, Pair down) {}

    /**
     * An adapter over the tensors below {@code weights}.
     *
     * @param products type of the stack's matrix products
     */
    public LowRankAdapter(LlamaConfig config, int rank, Weights weights, ScalarType products) {
        int d = config.hidden();
        int m = config.intermediate();
        int q = config.queryWidth();
        int kv = config.keyWidth();
        for (int i = 0; i < config.layers(); i++) {
            Weights at = weights.at("layers").at(i);
            layers.add(new Layer(
                    pair(at.at("qkv"), products, d, q + 2 * kv, rank),
                    pair(at.at("output"), products, q, d, rank),
                    pair(at.at("gate_up"), products, d, 2 * m, rank),
                    pair(at.at("down"), products, m, d, rank)));
        }
    }

    private static Pair pair(Weights at, ScalarType products, int in, int out, int rank) {
        return new Pair(
                at.get("lora_a.weight", rank, in).to(products),
                at.get("lora_b.weight", out, rank).to(products));
    }

    /** Every tensor of the adapter below the path {@code prefix}: the ups start at zero, so that it begins without effect. */
    public static List<Parameter> parameters(LlamaConfig config, int rank, String prefix) {
        var list = new ArrayList<Parameter>();
        int d = config.hidden();
        int m = config.intermediate();
        int q = config.queryWidth();
        int kv = config.keyWidth();
        for (int i = 0; i < config.layers(); i++) {
            String at = prefix + ".layers." + i + ".";
            pair(list, at + "qkv", d, q + 2 * kv, rank);
            pair(list, at + "output", q, d, rank);
            pair(list, at + "gate_up", d, 2 * m, rank);
            pair(list, at + "down", m, d, rank);
        }
        return list;
    }

    private static void pair(List<Parameter> list, String name, int in, int out, int rank) {
        list.add(Parameter.matrix(name + ".lora_a.weight", 1 / Math.sqrt(in), rank, in));
        list.add(new Parameter(name + ".lora_b.weight", new long[] {out, rank}, new Parameter.Start.Constant(0), true));
    }

    /**
     * This adapter with the gate of one pass.
     *
     * @param first the first row that the gate is about; those before it are left alone
     * @param gate {@code [1 or batch, 1 or rows - first, 1]} of zeros and ones; nothing if it is open for all these rows
     */
    public Gated behind(long first, @Nullable Tensor gate) {
        return new Gated(this, first, gate);
    }

    /** An adapter and the rows that it acts on. */
    public record Gated(
            LowRankAdapter adapter, long first, @Nullable Tensor gate) {
        Tensor qkv(int layer, Tensor x, Tensor plain) {
            return add(adapter.layers.get(layer).qkv, x, plain);
        }

        Tensor output(int layer, Tensor x, Tensor plain) {
            return add(adapter.layers.get(layer).output, x, plain);
        }

        Tensor gateUp(int layer, Tensor x, Tensor plain) {
            return add(adapter.layers.get(layer).gateUp, x, plain);
        }

        Tensor down(int layer, Tensor x, Tensor plain) {
            return add(adapter.layers.get(layer).down, x, plain);
        }

        /** Adds to {@code plain} in place. Matrices of a few rows are read in no time: what counts is the number of operators. */
        private Tensor add(Pair pair, Tensor x, Tensor plain) {
            long count = x.size(1) - first;
            Tensor inner = torch.linear(x.narrow(1, first, count), pair.down);
            Tensor open = gate == null ? inner : inner.mul(gate);
            plain.narrow(1, first, count).add_(torch.linear(open, pair.up));
            return plain;
        }
    }
}
