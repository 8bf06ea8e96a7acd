package org.sjd4j.llama;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * A stack of Llama blocks (Touvron et al., arXiv 2302.13971): RMSNorm, rotary positions, causal attention, SwiGLU.
 *
 * <p>The checkpoint names are those of Hugging Face's Llama; {@link LlamaConfig} has the switches of its relatives.
 */
public final class LlamaStack {
    private static final double QUERY_KEY_EPSILON = 1e-5;

    private final LlamaConfig config;
    private final Precision precision;
    private final ScalarType products;
    private final double dropout;
    private final List<Layer> layers = new ArrayList<>();
    private final RmsNorm finalNorm;

    /** A place in a block. */
    public enum Place {
        /** Behind the norm that belongs to attention. */
        INPUT_NORM,
        /** Behind the last projection of attention. */
        ATTENTION,
        /** Behind the last projection of the feed-forward part. */
        FEED_FORWARD,
        /** Behind the block. */
        BLOCK
    }

    /** Sees rows on their way through the stack: to find the place where two implementations part. */
    @FunctionalInterface
    public interface Observer {
        /** Sees nothing. */
        Observer NONE = (layer, place, rows) -> {};

        /** Called with rows {@code [batch, rows, hidden]}, which must be left as they are. */
        void see(int layer, Place place, Tensor rows);
    }

    /** Weight and bias of a LayerNorm per head, {@code [heads, headSize]}. */
    private record HeadNorm(Tensor weight, Tensor bias) {}

    private record Layer(
            RmsNorm inputNorm,
            Projection qkv,
            @Nullable HeadNorm queryNorm,
            @Nullable HeadNorm keyNorm,
            Projection output,
            RmsNorm postNorm,
            Projection gateUp,
            Projection down) {}

    /**
     * A stack over the tensors below {@code weights} (the path {@code model}); gradients flow back to them.
     *
     * @param precision of the matrix products; norms and the sums between blocks are float32
     * @param join whether matrices that read the same rows are joined into one even where that makes a copy: faster for
     *     few rows
     * @param dropout share of the channels that what a block adds loses at random (Srivastava et al. 2014); 0 but in
     *     training
     */
    public LlamaStack(LlamaConfig config, Weights weights, Precision precision, boolean join, double dropout) {
        this.config = config;
        this.precision = precision;
        this.products = precision.products();
        this.dropout = dropout;
        int d = config.hidden();
        int m = config.intermediate();
        int q = config.queryWidth();
        int kv = config.keyWidth();
        for (int i = 0; i < config.layers(); i++) {
            Weights at = weights.at("layers").at(i);
            Weights attention = at.at("self_attn");
            Weights mlp = at.at("mlp");
            layers.add(new Layer(
                    rmsNorm(at, "input_layernorm.weight"),
                    projection(
                            join,
                            attention,
                            attention.get("q_proj.weight", q, d),
                            attention.get("k_proj.weight", kv, d),
                            attention.get("v_proj.weight", kv, d)),
                    headNorm(attention.at("q_norm"), config.heads()),
                    headNorm(attention.at("k_norm"), config.keyValueHeads()),
                    projection(join, attention, attention.get("o_proj.weight", d, q)),
                    rmsNorm(at, "post_attention_layernorm.weight"),
                    projection(join, mlp, mlp.get("gate_proj.weight", m, d), mlp.get("up_proj.weight", m, d)),
                    projection(join, mlp, mlp.get("down_proj.weight", d, m))));
            if (!precision.trains() || weights.areCopies()) {
                weights.copied();
            }
        }
        finalNorm = rmsNorm(weights, "norm.weight");
    }

    private RmsNorm rmsNorm(Weights at, String name) {
        return new RmsNorm(at.get(name, config.hidden()).to(ScalarType.Float), config.normEpsilon());
    }

    private Projection projection(boolean join, Weights at, Tensor... matrices) {
        if (at.areCopies()) {
            return Projection.joinedFreeing(precision, matrices);
        }
        boolean copies = join || !precision.trains();
        return copies ? Projection.joined(precision, matrices) : Projection.apart(precision, matrices);
    }

    /** A norm whose rows each serve as many neighbouring heads: one row for all, or one per head, or in between. */
    private @Nullable HeadNorm headNorm(Weights at, int heads) {
        if (config.queryKeyNorm() == LlamaConfig.QueryKeyNorm.NONE) {
            return null;
        }
        return new HeadNorm(perHead(at, "weight", heads), perHead(at, "bias", heads));
    }

    private Tensor perHead(Weights at, String name, int heads) {
        long groups = at.shape(name)[0];
        if (groups < 1 || heads % groups != 0) {
            throw at.mismatch(name, "a first dimension that divides " + heads + " heads");
        }
        Tensor rows = at.get(name, groups, config.headSize()).to(ScalarType.Float);
        return groups == heads
                ? rows
                : rows.unsqueeze(1)
                        .expand(groups, heads / groups, config.headSize())
                        .reshape(heads, config.headSize());
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
            list.add(Parameter.matrix(at + "self_attn.q_proj.weight", in, config.queryWidth(), d));
            list.add(Parameter.matrix(at + "self_attn.k_proj.weight", in, config.keyWidth(), d));
            list.add(Parameter.matrix(at + "self_attn.v_proj.weight", in, config.keyWidth(), d));
            list.add(Parameter.matrix(at + "self_attn.o_proj.weight", out, d, config.queryWidth()));
            list.add(Parameter.constant(at + "post_attention_layernorm.weight", 1, d));
            list.add(Parameter.matrix(at + "mlp.gate_proj.weight", in, m, d));
            list.add(Parameter.matrix(at + "mlp.up_proj.weight", in, m, d));
            list.add(Parameter.matrix(at + "mlp.down_proj.weight", out, d, m));
        }
        list.add(Parameter.constant(prefix + ".norm.weight", 1, d));
        return list;
    }

    /** Type of the rows in matrix products, and of keys and values. */
    public ScalarType products() {
        return products;
    }

    /** The sizes of this stack. */
    public LlamaConfig config() {
        return config;
    }

    /**
     * Runs rows through the stack.
     *
     * @param rows {@code [batch, rows, hidden]}, float32
     * @param rotations of these rows' positions, from {@link #rotations}
     * @param context what the rows look back on; without one they are a whole sequence
     * @param adapter additions for some of the rows, if any
     * @return {@code [batch, rows, hidden]}, normalised
     */
    public Tensor forward(
            Tensor rows, Tensor rotations, @Nullable AttentionContext context, LowRankAdapter.@Nullable Gated adapter) {
        return forward(rows, rotations, context, adapter, Observer.NONE);
    }

    /** As {@link #forward(Tensor, Tensor, AttentionContext, LowRankAdapter.Gated)}, observed. */
    public Tensor forward(
            Tensor rows,
            Tensor rotations,
            @Nullable AttentionContext context,
            LowRankAdapter.@Nullable Gated adapter,
            Observer observer) {
        Tensor x = rows;
        for (int i = 0; i < layers.size(); i++) {
            x = block(i, x, rotations, context, adapter, observer);
        }
        return normalised(x);
    }

    /**
     * Runs rows through one block; {@link #forward} is all of them, one after the other, and {@link #normalised}.
     *
     * @param index of the block
     * @param x {@code [batch, rows, hidden]}, float32: the rows, or what the block before made of them
     * @return of the same shape
     */
    public Tensor block(
            int index,
            Tensor x,
            Tensor rotations,
            @Nullable AttentionContext context,
            LowRankAdapter.@Nullable Gated adapter) {
        return block(index, x, rotations, context, adapter, Observer.NONE);
    }

    private Tensor block(
            int index,
            Tensor x,
            Tensor rotations,
            @Nullable AttentionContext context,
            LowRankAdapter.@Nullable Gated adapter,
            Observer observer) {
        Layer layer = layers.get(index);
        boolean preNorm = config.normOrder() == LlamaConfig.NormOrder.BEFORE;
        boolean inference = !GradMode.is_enabled();
        Tensor residual = x;

        Tensor normed = preNorm ? norm(residual, layer.inputNorm, inference) : residual;
        Tensor attnOut = attention(index, toProducts(normed), inference, rotations, context, adapter);
        Tensor attnAdded = preNorm ? attnOut : norm(attnOut, layer.inputNorm, inference);
        observer.see(index, Place.INPUT_NORM, preNorm ? normed : attnAdded);
        observer.see(index, Place.ATTENTION, attnOut);
        residual = sum(residual, dropped(attnAdded), inference);

        normed = preNorm ? norm(residual, layer.postNorm, inference) : residual;
        Tensor mlpOut = mlp(index, toProducts(normed), inference, adapter);
        observer.see(index, Place.FEED_FORWARD, mlpOut);
        residual = sum(residual, dropped(preNorm ? mlpOut : norm(mlpOut, layer.postNorm, inference)), inference);
        observer.see(index, Place.BLOCK, residual);
        return residual;
    }

    private Tensor toProducts(Tensor x) {
        return products == ScalarType.Float ? x : x.to(products);
    }

    /**
     * The next residual. Small models spend much of a pass on calls and fresh memory, so what a block adds, which nobody else
     * has, becomes the sum where its type allows. Norms read contiguous channels faster, and sum them in another order.
     */
    private Tensor sum(Tensor residual, Tensor added, boolean inference) {
        boolean becomesSum = inference && products == ScalarType.Float && added.is_contiguous();
        return becomesSum ? added.add_(residual) : residual.add(added);
    }

    /** What the last block made of rows, through the last norm. */
    public Tensor normalised(Tensor x) {
        return norm(x, finalNorm, !GradMode.is_enabled());
    }

    private Tensor mlp(int index, Tensor x, boolean inference, LowRankAdapter.@Nullable Gated adapter) {
        Layer layer = layers.get(index);
        Tensor plain = layer.gateUp.apply(x);
        Tensor gateUp = adapter == null ? plain : adapter.gateUp(index, x, plain);
        Tensor gate = gateUp.narrow(-1, 0, config.intermediate());
        Tensor up = gateUp.narrow(-1, config.intermediate(), config.intermediate());
        Tensor activated = torch.silu(gate);
        Tensor inner = inference ? activated.mul_(up) : activated.mul(up);
        Tensor out = layer.down.apply(inner);
        return adapter == null ? out : adapter.down(index, inner, out);
    }

    private Tensor attention(
            int index,
            Tensor x,
            boolean inference,
            Tensor rotations,
            @Nullable AttentionContext context,
            LowRankAdapter.@Nullable Gated adapter) {
        Layer layer = layers.get(index);
        long batch = x.size(0);
        long count = x.size(1);
        int heads = config.heads();
        int keyHeads = config.keyValueHeads();
        int size = config.headSize();

        Tensor plain = layer.qkv.apply(x);
        Tensor qkv = (adapter == null ? plain : adapter.qkv(index, x, plain))
                .contiguous()
                .view(batch, count, -1, size);
        Tensor turned =
                (inference ? turnedInPlace(layer, qkv, rotations) : turned(layer, qkv, rotations)).transpose(1, 2);
        Tensor q = turned.narrow(1, 0, heads);
        Tensor kv = turned.narrow(1, heads, 2L * keyHeads);

        Tensor attended = context == null
                ? Attention.amongThemselves(q, AttentionContext.keys(kv), AttentionContext.values(kv))
                : context.attend(index, q, kv);
        Tensor merged = attended.transpose(1, 2).reshape(batch, count, (long) heads * size);
        Tensor out = layer.output.apply(merged);
        return adapter == null ? out : adapter.output(index, merged, out);
    }

    /** Heads {@code [batch, rows, heads + 2 * key heads, headSize]} with queries and keys normalised and turned. */
    private Tensor turned(Layer layer, Tensor qkv, Tensor rotations) {
        long turning = (long) config.heads() + config.keyValueHeads();
        Tensor values = qkv.narrow(2, turning, config.keyValueHeads());
        return Tensors.cat(2, rotary(normedHeads(layer, qkv.narrow(2, 0, turning)), rotations), values);
    }

    /** As {@link #turned}, where the heads stand. */
    private Tensor turnedInPlace(Layer layer, Tensor qkv, Tensor rotations) {
        long turning = (long) config.heads() + config.keyValueHeads();
        Tensor heads = qkv.narrow(2, 0, turning);
        if (config.rotary() == LlamaConfig.Rotary.NEIGHBOURS
                && products == ScalarType.Float
                && layer.queryNorm == null) {
            torch.view_as_complex(pairs(heads)).mul_(rotations);
        } else {
            heads.copy_(rotary(normedHeads(layer, heads), rotations));
        }
        return qkv;
    }

    /** Queries and keys {@code [batch, rows, heads + key heads, headSize]}, normalised by head if the model does so. */
    private Tensor normedHeads(Layer layer, Tensor heads) {
        if (layer.queryNorm == null || layer.keyNorm == null) {
            return heads;
        }
        return Tensors.cat(
                2,
                norm(heads.narrow(2, 0, config.heads()), layer.queryNorm),
                norm(heads.narrow(2, config.heads(), config.keyValueHeads()), layer.keyNorm));
    }

    /** Rotary embedding of heads {@code [batch, rows, heads, headSize]}: pairs of channels turn like complex numbers. */
    private Tensor rotary(Tensor heads, Tensor rotations) {
        boolean halves = config.rotary() == LlamaConfig.Rotary.HALVES;
        Tensor channels = heads.to(ScalarType.Float);
        Tensor pairs = halves
                ? channels.unflatten(-1, new long[] {2, config.headSize() / 2})
                        .transpose(-1, -2)
                        .contiguous()
                : pairs(channels);
        Tensor rotated = torch.view_as_real(torch.view_as_complex(pairs).mul(rotations));
        return (halves ? rotated.transpose(-1, -2) : rotated).flatten(3, 4).to(products);
    }

    /** The channels of heads {@code [batch, rows, heads, headSize]} by twos. */
    private static Tensor pairs(Tensor heads) {
        return heads.view(heads.size(0), heads.size(1), heads.size(2), heads.size(3) / 2, 2);
    }

    private Tensor norm(Tensor heads, HeadNorm norm) {
        Tensor centred = torch.layer_norm(
                heads.to(ScalarType.Float),
                new long[] {config.headSize()},
                new TensorOptional(),
                new TensorOptional(),
                QUERY_KEY_EPSILON,
                false);
        return centred.mul(norm.weight).add(norm.bias).to(products);
    }

    private Tensor dropped(Tensor added) {
        return dropout == 0 ? added : torch.dropout(added, dropout, true);
    }

    private static Tensor norm(Tensor x, RmsNorm norm, boolean inference) {
        return inference ? norm.inference(x) : norm.apply(x);
    }

    /** Rotations of rotary position embedding for positions 0 to {@code length - 1}, {@code [length, 1, headSize / 2]}. */
    public static Tensor rotations(LlamaConfig config, int length, org.bytedeco.pytorch.Device device) {
        int half = config.headSize() / 2;
        double[] frequencies = new double[half];
        Arrays.setAll(frequencies, channel -> Math.pow(config.ropeTheta(), -2.0 * channel / config.headSize()));
        float[] angles = new float[length * half];
        for (int position = 0; position < length; position++) {
            for (int channel = 0; channel < half; channel++) {
                angles[position * half + channel] = (float) (position * frequencies[channel]);
            }
        }
        return Tensors.keep(() -> {
            Tensor angle = Tensors.of(angles, length, 1, half); // on the CPU, so that all devices have the same numbers
            return torch.polar(torch.ones_like(angle), angle).to(device, torch.ScalarType.ComplexFloat);
        });
    }
}
