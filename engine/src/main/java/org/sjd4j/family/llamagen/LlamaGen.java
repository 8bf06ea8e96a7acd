package org.sjd4j.family.llamagen;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.llama.Linear;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.llama.LlamaStack;
import org.sjd4j.llama.LlamaSwitches;
import org.sjd4j.llama.Matrix;
import org.sjd4j.llama.RotaryConfig;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * LlamaGen's text-to-image model (arXiv 2406.06525): a Llama that reads the features of a T5 encoder, and whose rotary
 * positions are lines and columns.
 *
 * <p>Caption rows do not turn: their rotation is zero, so that their queries and keys are zero too and every row attends
 * to them alike, wherever they stand. Captions are padded on the left and the padding is seen by nothing, so it is left
 * out here. Names: {@code autoregressive/models/gpt.py}.
 */
public final class LlamaGen implements ImageTokenNetwork {
    /** What our configuration of a converted checkpoint calls this family; LlamaGen itself has no {@code config.json}. */
    public static final String MODEL_TYPE = "llamagen";

    /**
     * Sizes.
     *
     * @param codes number of image codes
     * @param captionWidth channels of the text encoder's features
     * @param captionRows rows of a caption at most
     * @param grid codes along each side of the image
     */
    public record Config(LlamaConfig llama, int codes, int captionWidth, int captionRows, int grid) {
        private static final int FFN_MULTIPLE = 256;
        private static final int WIDEST = 10_000_000;

        /**
         * Reads a configuration with the arguments of the original class.
         *
         * @throws org.sjd4j.tensor.CheckpointException if a value is missing or makes no sense
         */
        public static Config from(JsonConfig json) {
            LlamaSwitches.require(json);
            int dim = json.count("dim");
            int heads = json.count("n_head");
            int multiple = json.sizeOr("multiple_of", FFN_MULTIPLE);
            int wide = (int) (json.numberOr("ffn_dim_multiplier", 1) * (8L * dim / 3));
            int keyHeads = json.sizeOr("n_kv_head", heads);
            if (wide < 1 || wide > WIDEST) {
                throw json.wrong("ffn_dim_multiplier", json.shown("ffn_dim_multiplier"), "a width of 1 to " + WIDEST);
            }
            if (dim % heads != 0 || dim / heads % 4 != 0 || heads % keyHeads != 0) {
                throw json.wrong("n_head", Integer.toString(heads), "heads whose size is a multiple of 4");
            }
            var llama = new LlamaConfig(
                    dim,
                    json.count("n_layer"),
                    heads,
                    keyHeads,
                    dim / heads,
                    Math.ceilDiv(wide, multiple) * multiple,
                    json.numberOr("norm_eps", 1e-5),
                    theta(json),
                    LlamaConfig.Rotary.NEIGHBOURS,
                    LlamaConfig.QueryKeyNorm.NONE,
                    LlamaConfig.NormOrder.BEFORE);
            int block = json.sizeOr("block_size", 256);
            int grid = (int) Math.round(Math.sqrt(block));
            if (grid * grid != block) {
                throw json.wrong("block_size", Integer.toString(block), "a square");
            }
            return new Config(
                    llama,
                    json.sizeOr("vocab_size", 16384),
                    json.sizeOr("caption_dim", 2048),
                    json.sizeOr("cls_token_num", 120),
                    grid);
        }

        /** Also a configuration that somebody wrote by hand may ask for positions that are not implemented. */
        private static double theta(JsonConfig json) {
            double base = json.numberOr("rope_base", 10_000);
            if (base <= 0 || RotaryConfig.theta(json, base) != base) {
                throw json.wrong("rope_base", json.shown("rope_base"), "one base of the positions, above 0");
            }
            return base;
        }

        /** Number of weights. */
        public long parameters() {
            long d = llama.hidden();
            return llama.parameters() + 2L * codes * d + d * captionWidth + d * d + (long) captionRows * captionWidth;
        }

        /** Codes in raster order, without structural tokens. */
        public RasterLayout layout() {
            return new RasterLayout(grid, grid, 0, codes);
        }
    }

    private final Config config;
    private final LlamaStack stack;
    private final Tensor table;
    private final Matrix head;
    private final Tensor captionIn;
    private final Tensor captionOut;
    private final Tensor unconditional;

    /** A model over tensors in memory or mapped ones. */
    public LlamaGen(Config config, Weights weights, Precision precision) {
        this.config = config;
        int d = config.llama().hidden();
        stack = new LlamaStack(config.llama(), likeLlama(config.llama(), weights), precision, false, 0);
        table = weights.get("tok_embeddings.weight", config.codes(), d);
        head = Matrix.of(precision, weights.get("output.weight", config.codes(), d));
        Weights caption = weights.at("cls_embedding");
        captionIn = caption.get("cap_proj.fc1.weight", d, config.captionWidth()).to(ScalarType.Float);
        captionOut = caption.get("cap_proj.fc2.weight", d, d).to(ScalarType.Float);
        unconditional = caption.get("uncond_embedding", config.captionRows(), config.captionWidth())
                .to(ScalarType.Float);
    }

    /** The blocks under the names of Hugging Face's Llama, as views. */
    private static Weights likeLlama(LlamaConfig llama, Weights weights) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        int d = llama.hidden();
        int m = llama.intermediate();
        int q = llama.queryWidth();
        int kv = llama.keyWidth();
        for (int i = 0; i < llama.layers(); i++) {
            Weights at = weights.at("layers").at(i);
            String to = "layers." + i + ".";
            Tensor joined = at.stored("attention.wqkv.weight", q + 2L * kv, d);
            tensors.put(to + "self_attn.q_proj.weight", joined.narrow(0, 0, q));
            tensors.put(to + "self_attn.k_proj.weight", joined.narrow(0, q, kv));
            tensors.put(to + "self_attn.v_proj.weight", joined.narrow(0, (long) q + kv, kv));
            tensors.put(to + "self_attn.o_proj.weight", at.stored("attention.wo.weight", d, q));
            tensors.put(to + "mlp.gate_proj.weight", at.stored("feed_forward.w1.weight", m, d));
            tensors.put(to + "mlp.up_proj.weight", at.stored("feed_forward.w3.weight", m, d));
            tensors.put(to + "mlp.down_proj.weight", at.stored("feed_forward.w2.weight", d, m));
            tensors.put(to + "input_layernorm.weight", at.stored("attention_norm.weight", d));
            tensors.put(to + "post_attention_layernorm.weight", at.stored("ffn_norm.weight", d));
        }
        tensors.put("norm.weight", weights.stored("norm.weight", d));
        return weights.over(tensors);
    }

    @Override
    public LlamaStack stack() {
        return stack;
    }

    @Override
    public Tensor embed(Tensor ids) {
        return table.index_select(0, ids).to(ScalarType.Float).unsqueeze(0);
    }

    @Override
    public Tensor logits(Tensor rows) {
        return head.apply(rows.to(stack.products()));
    }

    @Override
    public Tensor codeTable() {
        return table;
    }

    @Override
    public Tensor project(Tensor embeddings) {
        return embeddings.to(ScalarType.Float);
    }

    /** Zero for the caption, then line and column: half of the pairs of channels each. */
    @Override
    public Tensor rotations(int prefix, int length, int line, Device device) {
        var llama = config.llama();
        int half = llama.headSize() / 2;
        int quarter = half / 2;
        double[] frequencies = new double[quarter];
        Arrays.setAll(frequencies, pair -> Math.pow(llama.ropeTheta(), -2.0 * pair / half));
        float[] complex = new float[(prefix + length - 1) * llama.headSize()];
        for (int code = 0; code < length - 1; code++) {
            for (int pair = 0; pair < half; pair++) {
                int place = pair < quarter ? code / line : code % line;
                double angle = place * frequencies[pair % quarter];
                int at = (prefix + code) * llama.headSize() + 2 * pair;
                complex[at] = (float) Math.cos(angle);
                complex[at + 1] = (float) Math.sin(angle);
            }
        }
        return torch.view_as_complex(
                Tensors.of(complex, prefix + length - 1, 1, half, 2).to(device, ScalarType.Float));
    }

    /** Rows {@code [1, n, hidden]} of caption features {@code [n, captionWidth]}, without padding. */
    public Tensor embedCaption(Tensor features) {
        Tensor inner = torch.gelu(Linear.linear(features.to(ScalarType.Float), captionIn), "tanh");
        return Linear.linear(inner, captionOut).unsqueeze(0);
    }

    /** A prompt of caption features {@code [n, captionWidth]}, without padding. */
    public Prompt prompt(Tensor features) {
        return new Prompt(embedCaption(features), null);
    }

    /** The unconditional branch of a caption of {@code rows} rows: the last ones of the learned features. */
    public Prompt unconditional(long rows) {
        return new Prompt(embedCaption(unconditional.narrow(0, config.captionRows() - rows, rows)), null);
    }
}
