package org.sjd4j.proposal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.llama.Matrix;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * A small network that corrects a row of logits for the token that stands to its left by now. A pass computes all rows of a
 * window at once, each on drafts that may change in the same step; with the head, drafts are refined from left to right, each
 * knowing what became of the one before: Jacobi's iteration becomes Gauss and Seidel's.
 *
 * <p>Of a row's hidden states h (with the prompt) and h' (without), the token r that it read, the token l that stands there now
 * and the token u above, the guided logits z become {@code (1 + g·a) z + U D a} with {@code a = silu(A h + B h' + R[r] + L[l] +
 * O[u] + b)}. Only proposals are made of them, so the head changes how many steps an image takes, not the image's distribution.
 *
 * <p>The hidden states' part is computed with the pass, for all its rows; the rest on the host, one draft after the other.
 */
public final class NeighbourHead {
    /** A further row of a table: of the tokens read it is noise, of the tokens above it is nothing. */
    private static final int EXTRA = 1;

    /**
     * Sizes.
     *
     * @param inner width of the hidden layer
     * @param rank of what is added to the logits
     */
    public record Config(int inner, int rank) {
        /**
         * Reads a {@code neighbour_config.json}.
         *
         * @throws org.sjd4j.tensor.CheckpointException if a value is missing or makes no sense
         */
        public static Config from(JsonConfig json) {
            return new Config(json.count("inner_size"), json.count("rank"));
        }

        /** The values that {@link #from} reads. */
        public Map<String, Object> toJson() {
            var json = new LinkedHashMap<String, Object>();
            json.put("inner_size", inner);
            json.put("rank", rank);
            return json;
        }
    }

    private final Config config;
    private final int ids;
    private final Tensor conditional;
    private final Tensor unconditional;
    private final Tensor bias;
    private final Tensor read;
    private final Tensor left;
    private final Tensor above;
    private final Tensor down;
    private final Tensor up;
    private final Tensor gate;
    private final ScalarType products;
    private final Matrix projections;
    private @Nullable DraftCorrection onHost;

    /**
     * A head over the float32 tensors below {@code neighbour}.
     *
     * @param hidden width of the model's rows
     * @param ids number of image tokens
     * @param precision of {@link #features}, best that of the model: they are then as exact as its logits
     */
    public NeighbourHead(Config config, int hidden, int ids, Weights weights, Precision precision) {
        this.config = config;
        this.ids = ids;
        Weights at = weights.at("neighbour");
        int inner = config.inner();
        conditional = at.get("conditional.weight", inner, hidden);
        unconditional = at.get("unconditional.weight", inner, hidden);
        bias = at.get("bias", inner);
        read = at.get("read.weight", ids + EXTRA, inner);
        left = at.get("left.weight", ids, inner);
        above = at.get("above.weight", ids + EXTRA, inner);
        down = at.get("down.weight", config.rank(), inner);
        up = at.get("up.weight", ids, config.rank());
        gate = at.get("gate.weight", inner);
        products = precision.products();
        projections = Matrix.joined(precision, conditional, unconditional);
    }

    /** Every tensor, with its start for training: the head begins without effect. */
    public static List<Parameter> parameters(Config config, int hidden, int ids) {
        int inner = config.inner();
        double width = 1 / Math.sqrt(2.0 * hidden);
        var list = new ArrayList<Parameter>();
        list.add(Parameter.matrix("neighbour.conditional.weight", width, inner, hidden));
        list.add(Parameter.matrix("neighbour.unconditional.weight", width, inner, hidden));
        list.add(Parameter.constant("neighbour.bias", 0, inner));
        list.add(Parameter.matrix("neighbour.read.weight", 0.5, ids + EXTRA, inner));
        list.add(Parameter.matrix("neighbour.left.weight", 0.5, ids, inner));
        list.add(Parameter.matrix("neighbour.above.weight", 0.5, ids + EXTRA, inner));
        list.add(Parameter.matrix("neighbour.down.weight", 1 / Math.sqrt(inner), config.rank(), inner));
        list.add(Parameter.constant("neighbour.up.weight", 0, ids, config.rank()));
        list.add(Parameter.constant("neighbour.gate.weight", 0, inner));
        return list;
    }

    /** Sizes. */
    public Config config() {
        return config;
    }

    /** Number of image tokens. */
    public int ids() {
        return ids;
    }

    /** What {@link #read} has in place of an image token for a row that read noise. */
    public int noise() {
        return ids;
    }

    /** What stands above the first line in place of an image token. */
    public int nothingAbove() {
        return ids;
    }

    /** Width of {@link #features}. */
    public int featureWidth() {
        return 2 * config.inner();
    }

    /**
     * The hidden states' part of rows of either branch: what each adds with the prompt, and behind it what it adds without.
     *
     * @param rows normalised rows {@code [..., hidden]}
     * @return {@code [..., 2 * inner]}, float32
     */
    public Tensor features(Tensor rows) {
        return projections.apply(rows.to(products)).to(ScalarType.Float);
    }

    /**
     * Corrects the guided logits of rows.
     *
     * @param guided logits {@code [n, ids]}
     * @param withPrompt normalised rows {@code [n, hidden]} with the prompt, float32
     * @param withoutPrompt the same rows without it
     * @param reads image tokens that the rows read, counted from the first image id, or {@link #noise}, int64 {@code [n]}
     * @param lefts image tokens that stand there now
     * @param aboves image tokens above the rows' positions, or {@link #nothingAbove}
     * @return {@code [n, ids]}
     */
    public Tensor corrected(
            Tensor guided, Tensor withPrompt, Tensor withoutPrompt, Tensor reads, Tensor lefts, Tensor aboves) {
        Tensor sum = torch.linear(withPrompt, conditional, new TensorOptional(bias))
                .add(torch.linear(withoutPrompt, unconditional))
                .add(read.index_select(0, reads))
                .add(left.index_select(0, lefts))
                .add(above.index_select(0, aboves));
        Tensor active = torch.silu(sum);
        Tensor gated = torch.matmul(active, gate).add(new Scalar(1)).unsqueeze(-1);
        return guided.mul(gated).add(torch.linear(torch.linear(active, down), up));
    }

    /** The part that is computed draft by draft, for one image, over a copy of the weights as they were at the first call. */
    public synchronized DraftCorrection draftCorrection() {
        if (onHost == null) {
            onHost = new DraftCorrection(
                    config,
                    ids,
                    Tensors.floats(bias),
                    Tensors.floats(read),
                    Tensors.floats(left),
                    Tensors.floats(above),
                    Tensors.floats(down),
                    Tensors.floats(up),
                    Tensors.floats(gate));
        }
        return onHost.forAnotherImage();
    }
}
