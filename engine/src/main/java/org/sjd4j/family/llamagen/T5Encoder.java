package org.sjd4j.family.llamagen;

import java.util.Set;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.llama.Linear;
import org.sjd4j.llama.LlamaSwitches;
import org.sjd4j.llama.TokenIds;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * The encoder of T5 1.1 (arXiv 1910.10683, 2002.05202), which reads LlamaGen's captions: RMSNorm, attention without
 * scaling and with a bias by distance, a gated GELU.
 *
 * <p>Names: {@code modeling_t5.py} of Transformers.
 */
public final class T5Encoder {
    /** What {@code config.json} calls this network. */
    public static final String MODEL_TYPE = "t5";

    /** Two names of one function. */
    private static final Set<String> TANH_GELU = Set.of("gelu_new", "gelu_pytorch_tanh");

    /**
     * Sizes.
     *
     * @param vocabulary number of ids
     * @param hidden width of a row
     * @param heads attention heads
     * @param headSize channels of one head
     * @param intermediate width inside the feed-forward part
     * @param layers number of blocks
     * @param buckets of distances, half of them for each direction
     * @param farthest distance from which on all are alike
     * @param normEpsilon added to the mean square in RMSNorm
     */
    public record Config(
            int vocabulary,
            int hidden,
            int heads,
            int headSize,
            int intermediate,
            int layers,
            int buckets,
            int farthest,
            double normEpsilon) {

        /**
         * Reads a {@code config.json}.
         *
         * @throws org.sjd4j.tensor.CheckpointException if a value is missing or makes no sense
         */
        public static Config from(JsonConfig json) {
            String activation = json.textOr("feed_forward_proj", "relu");
            if (!activation.equals("gated-gelu")) {
                throw json.wrong("feed_forward_proj", activation, "gated-gelu (T5 1.1 or flan-t5)");
            }
            requireGatedGelu(json);
            int buckets = json.sizeOr("relative_attention_num_buckets", 32);
            int farthest = json.sizeOr("relative_attention_max_distance", 128);
            if (buckets % 4 != 0 || farthest <= buckets / 4) {
                throw json.wrong(
                        "relative_attention_num_buckets",
                        buckets + " up to a distance of " + farthest,
                        "a multiple of 4, a quarter of which is below the distance");
            }
            return new Config(
                    json.count("vocab_size"),
                    json.count("d_model"),
                    json.count("num_heads"),
                    json.count("d_kv"),
                    json.count("d_ff"),
                    json.count("num_layers"),
                    buckets,
                    farthest,
                    json.numberOr("layer_norm_epsilon", 1e-6));
        }

        /** What Transformers writes beside {@code feed_forward_proj}, and believes rather than that when it reads it. */
        private static void requireGatedGelu(JsonConfig json) {
            String activation = json.textOr("dense_act_fn", "gelu_new");
            if (!TANH_GELU.contains(activation)) {
                throw json.unsupported("dense_act_fn", "'" + activation + "'", "'gelu_new'");
            }
            if (!json.flagOr("is_gated_act", true)) {
                throw json.unsupported("is_gated_act", "false", "true");
            }
            LlamaSwitches.requireUnquantized(json);
        }

        /** Number of weights. */
        public long parameters() {
            long inner = (long) heads * headSize;
            return (long) vocabulary * hidden
                    + layers * (4L * hidden * inner + 3L * hidden * intermediate + 2L * hidden)
                    + (long) buckets * heads
                    + hidden;
        }
    }

    private final Config config;
    private final Weights weights;
    private final ScalarType products;

    /** An encoder over tensors in memory or mapped ones. */
    public T5Encoder(Config config, Weights weights, ScalarType products) {
        this.config = config;
        this.weights = weights;
        this.products = products;
    }

    /** The sizes of this encoder. */
    public Config config() {
        return config;
    }

    /** Whether a tensor belongs to the decoder, which is not used. */
    public static boolean isDecoder(String name) {
        return name.startsWith("decoder.")
                || name.equals("lm_head.weight")
                || name.equals("encoder.embed_tokens.weight");
    }

    /**
     * Features of a text.
     *
     * @param ids {@code [n]} of its tokens, the end of the text included
     * @return {@code [1, n, hidden]}
     * @throws org.sjd4j.tensor.CheckpointException if the encoder has no such ids
     */
    public Tensor encode(int[] ids, Device device) {
        TokenIds.require(ids, config.vocabulary());
        return encode(Tensors.of(ids, 1, ids.length).to(device, ScalarType.Long));
    }

    /**
     * Features of a text.
     *
     * @param ids {@code [1, n]}, without padding
     * @return {@code [1, n, hidden]}
     */
    public Tensor encode(Tensor ids) {
        Weights encoder = weights.at("encoder");
        long count = ids.size(1);
        Tensor x = weights.get("shared.weight", config.vocabulary(), config.hidden())
                .index_select(0, ids.reshape(-1))
                .to(ScalarType.Float)
                .unsqueeze(0);
        Tensor bias = bias(encoder.at("block.0.layer.0.SelfAttention"), Math.toIntExact(count));
        for (int i = 0; i < config.layers(); i++) {
            Weights at = encoder.at("block").at(i).at("layer");
            Weights first = at.at(0);
            x = x.add(attention(first.at("SelfAttention"), norm(first.at("layer_norm"), x), bias));
            Weights second = at.at(1);
            x = x.add(feedForward(second.at("DenseReluDense"), norm(second.at("layer_norm"), x)));
        }
        return norm(encoder.at("final_layer_norm"), x);
    }

    private Tensor attention(Weights at, Tensor x, Tensor bias) {
        int inner = config.heads() * config.headSize();
        Tensor q = heads(product(at, "q", x, inner, config.hidden()));
        Tensor k = heads(product(at, "k", x, inner, config.hidden()));
        Tensor v = heads(product(at, "v", x, inner, config.hidden()));
        Tensor scores = torch.matmul(q, k.transpose(-1, -2)).add(bias);
        Tensor mixed =
                torch.matmul(torch.softmax(scores, -1), v).transpose(1, 2).reshape(1, x.size(1), inner);
        return product(at, "o", mixed, config.hidden(), inner);
    }

    private Tensor heads(Tensor rows) {
        return rows.contiguous()
                .view(1, rows.size(1), config.heads(), config.headSize())
                .transpose(1, 2);
    }

    private Tensor feedForward(Weights at, Tensor x) {
        Tensor gate = torch.gelu(product(at, "wi_0", x, config.intermediate(), config.hidden()), "tanh");
        Tensor up = product(at, "wi_1", x, config.intermediate(), config.hidden());
        return product(at, "wo", gate.mul(up), config.hidden(), config.intermediate());
    }

    private Tensor product(Weights at, String name, Tensor rows, int out, int in) {
        Tensor weight = at.get(name + ".weight", out, in).to(products);
        return Linear.linear(rows.to(products), weight).to(ScalarType.Float);
    }

    private Tensor norm(Weights at, Tensor x) {
        Tensor weight = at.get("weight", config.hidden()).to(ScalarType.Float);
        return torch.rms_norm(
                x, new long[] {config.hidden()}, new TensorOptional(weight), new DoubleOptional(config.normEpsilon()));
    }

    /** What attention adds by the distance of query and key, {@code [1, heads, n, n]}. */
    private Tensor bias(Weights at, int count) {
        int[] buckets = new int[count * count];
        for (int query = 0; query < count; query++) {
            for (int key = 0; key < count; key++) {
                buckets[query * count + key] = bucket(key - query);
            }
        }
        Tensor table = at.get("relative_attention_bias.weight", config.buckets(), config.heads())
                .to(ScalarType.Float);
        return table.index_select(0, Tensors.of(buckets, buckets.length).to(table.device(), ScalarType.Long))
                .view(count, count, config.heads())
                .permute(2, 0, 1)
                .unsqueeze(0);
    }

    /** Near distances have buckets of their own, farther ones share them by their logarithm. */
    private int bucket(int distance) {
        int half = config.buckets() / 2;
        int near = half / 2;
        int side = distance > 0 ? half : 0;
        int far = Math.abs(distance);
        if (far < near) {
            return side + far;
        }
        double share = Math.log((double) far / near) / Math.log((double) config.farthest() / near);
        return side + Math.min(half - 1, near + (int) (share * (half - near)));
    }
}
