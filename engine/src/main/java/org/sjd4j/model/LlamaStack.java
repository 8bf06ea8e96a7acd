package org.sjd4j.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * A stack of Llama blocks (Touvron et al., arXiv 2302.13971): RMSNorm, rotary positions, causal attention, SwiGLU.
 *
 * <p>The checkpoint names are those of Hugging Face's Llama. Projections that read the same rows are joined into one
 * matrix, because at a few rows a pass costs what its matrices weigh, not what they compute.
 *
 * <p>Rotary positions turn neighbouring pairs of channels (as complex numbers).
 */
public final class LlamaStack {
    private final LlamaConfig config;
    private final ScalarType products;
    private final double dropout;
    private final List<Layer> layers = new ArrayList<>();
    private final Tensor finalNorm;

    /** Matrices of one block, joined where they read the same rows. */
    private record Layer(Tensor inputNorm, Tensor qkv, Tensor output, Tensor postNorm, Tensor gateUp, Tensor down) {}

    /**
     * A stack over the tensors below {@code weights} (the path {@code model}); gradients flow back through the joins.
     *
     * @param products type of the matrix products and of attention; norms and the sums between blocks keep the type of
     *     the rows
     * @param dropout share of the channels that what a block adds loses at random (Srivastava et al. 2014); 0 but in
     *     training
     */
    public LlamaStack(LlamaConfig config, Weights weights, ScalarType products, double dropout) {
        this.config = config;
        this.products = products;
        this.dropout = dropout;
        int d = config.hidden();
        int m = config.intermediate();
        for (int i = 0; i < config.layers(); i++) {
            Weights at = weights.at("layers").at(i);
            Weights attention = at.at("self_attn");
            Weights mlp = at.at("mlp");
            layers.add(new Layer(
                    at.get("input_layernorm.weight", d),
                    Tensors.cat(
                                    0,
                                    attention.get("q_proj.weight", d, d),
                                    attention.get("k_proj.weight", d, d),
                                    attention.get("v_proj.weight", d, d))
                            .to(products),
                    attention.get("o_proj.weight", d, d).to(products),
                    at.get("post_attention_layernorm.weight", d),
                    Tensors.cat(0, mlp.get("gate_proj.weight", m, d), mlp.get("up_proj.weight", m, d))
                            .to(products),
                    mlp.get("down_proj.weight", d, m).to(products)));
        }
        finalNorm = weights.get("norm.weight", d);
    }

    /** Every tensor of the stack below the path {@code prefix}, with its start for training. */
    public static List<Parameter> parameters(LlamaConfig config, String prefix) {
        var list = new ArrayList<Parameter>();
        int d = config.hidden();
        int m = config.intermediate();
        double in = 1 / Math.sqrt(d);
        double out = in / Math.sqrt(2.0 * config.layers());
        for (int i = 0; i < config.layers(); i++) {
            String at = prefix + ".layers." + i + ".";
            list.add(Parameter.constant(at + "input_layernorm.weight", 1, d));
            list.add(Parameter.matrix(at + "self_attn.q_proj.weight", in, d, d));
            list.add(Parameter.matrix(at + "self_attn.k_proj.weight", in, d, d));
            list.add(Parameter.matrix(at + "self_attn.v_proj.weight", in, d, d));
            list.add(Parameter.matrix(at + "self_attn.o_proj.weight", out, d, d));
            list.add(Parameter.constant(at + "post_attention_layernorm.weight", 1, d));
            list.add(Parameter.matrix(at + "mlp.gate_proj.weight", in, m, d));
            list.add(Parameter.matrix(at + "mlp.up_proj.weight", in, m, d));
            list.add(Parameter.matrix(at + "mlp.down_proj.weight", out, d, m));
        }
        list.add(Parameter.constant(prefix + ".norm.weight", 1, d));
        return list;
    }

    /** Type of the matrix products, and of keys and values. */
    ScalarType products() {
        return products;
    }

    /** The sizes of this stack. */
    public LlamaConfig config() {
        return config;
    }

    /**
     * Runs rows through the stack.
     *
     * @param rows {@code [batch, rows, hidden]}
     * @param rotations of these rows' positions, from {@link #rotations}
     * @param context what the rows look back on; without one they are a whole sequence
     * @param adapter additions for some of the rows, if any
     * @return {@code [batch, rows, hidden]}, normalised, of the rows' type
     */
    public Tensor forward(
            Tensor rows, Tensor rotations, @Nullable AttentionContext context, LowRankAdapter.@Nullable Gated adapter) {
        Tensor x = rows;
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            Tensor mixed = attention(i, norm(x, layer.inputNorm).to(products), rotations, context, adapter);
            Tensor attended = Linear.linear(mixed, layer.output);
            x = x.add(dropped(adapter == null ? attended : adapter.output(i, mixed, attended)));
            x = x.add(dropped(feedForward(i, norm(x, layer.postNorm).to(products), adapter)));
        }
        return norm(x, finalNorm);
    }

    private Tensor feedForward(int index, Tensor x, LowRankAdapter.@Nullable Gated adapter) {
        Layer layer = layers.get(index);
        Tensor plain = Linear.linear(x, layer.gateUp);
        Tensor gateUp = adapter == null ? plain : adapter.gateUp(index, x, plain);
        Tensor gate = gateUp.narrow(-1, 0, config.intermediate());
        Tensor up = gateUp.narrow(-1, config.intermediate(), config.intermediate());
        Tensor inner = torch.silu(gate).mul(up);
        Tensor out = Linear.linear(inner, layer.down);
        return adapter == null ? out : adapter.down(index, inner, out);
    }

    private Tensor attention(
            int index,
            Tensor x,
            Tensor rotations,
            @Nullable AttentionContext context,
            LowRankAdapter.@Nullable Gated adapter) {
        long batch = x.size(0);
        long count = x.size(1);
        int heads = config.heads();
        int size = config.headSize();
        Tensor plain = Linear.linear(x, layers.get(index).qkv);
        Tensor qkv = (adapter == null ? plain : adapter.qkv(index, x, plain))
                .contiguous()
                .view(batch, count, 3L * heads, size);
        Tensor pairs = qkv.narrow(2, 0, 2L * heads).unflatten(-1, new long[] {size / 2, 2});
        Tensor turned = torch.view_as_real(
                        torch.view_as_complex(pairs.to(ScalarType.Float)).mul(rotations))
                .flatten(3, 4)
                .to(products);
        Tensor q = turned.narrow(2, 0, heads).transpose(1, 2);
        Tensor k = turned.narrow(2, heads, heads).transpose(1, 2);
        Tensor v = qkv.narrow(2, 2L * heads, heads).transpose(1, 2);
        Tensor mixed = context == null ? Attention.amongThemselves(q, k, v) : context.attend(index, q, k, v);
        return mixed.transpose(1, 2).reshape(batch, count, (long) heads * size);
    }

    private Tensor dropped(Tensor added) {
        return dropout == 0 ? added : torch.dropout(added, dropout, true);
    }

    private Tensor norm(Tensor x, Tensor weight) {
        return torch.rms_norm(
                x, new long[] {config.hidden()}, new TensorOptional(weight), new DoubleOptional(config.normEpsilon()));
    }

    /** Rotations of rotary position embedding for positions 0 to {@code length - 1}, {@code [length, 1, headSize / 2]}. */
    public static Tensor rotations(LlamaConfig config, int length, org.bytedeco.pytorch.Device device) {
        int half = config.headSize() / 2;
        float[] angles = new float[length * half];
        for (int position = 0; position < length; position++) {
            for (int channel = 0; channel < half; channel++) {
                double frequency = Math.pow(config.ropeTheta(), -2.0 * channel / config.headSize());
                angles[position * half + channel] = (float) (position * frequency);
            }
        }
        return Tensors.keep(() -> {
            Tensor angle = Tensors.of(angles, length, 1, half).to(device, torch.ScalarType.Float);
            return torch.polar(torch.ones_like(angle), angle);
        });
    }
}
