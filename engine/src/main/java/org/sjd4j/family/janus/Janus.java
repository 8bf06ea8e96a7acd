package org.sjd4j.family.janus;

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
import org.sjd4j.llama.Matrix;
import org.sjd4j.llama.TokenIds;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * Janus-Pro (arXiv 2501.17811): a Llama that reads text by its own table and image codes by another one with an aligner,
 * and predicts image codes by a head of their own.
 *
 * <p>Names: {@code modeling_vlm.py} of Janus, and Transformers since 4.52.
 */
public final class Janus implements ImageTokenNetwork {
    /** What {@code config.json} calls this family in DeepSeek's layout. */
    public static final String MODEL_TYPE = "multi_modality";

    /** What {@code config.json} calls this family in Transformers' layout. */
    public static final String HF_MODEL_TYPE = "janus";

    /**
     * Sizes.
     *
     * @param vocabulary number of text ids
     * @param codes number of image codes
     * @param codeWidth channels of a code
     * @param grid codes along each side of the image
     * @param hf whether names are those of Transformers
     */
    public record Config(LlamaConfig llama, int vocabulary, int codes, int codeWidth, int grid, boolean hf) {
        private static final int PATCH = 16;
        private static final int LARGEST_GRID = 256;

        /**
         * Reads a {@code config.json} of either layout.
         *
         * @throws org.sjd4j.tensor.CheckpointException if a value is missing or makes no sense
         */
        public static Config from(JsonConfig json) {
            boolean hf = json.text("model_type").equals(HF_MODEL_TYPE);
            var text = json.object(hf ? "text_config" : "language_config");
            var llama = LlamaConfig.from(
                    text, LlamaConfig.Defaults.LLAMA, LlamaConfig.QueryKeyNorm.NONE, LlamaConfig.NormOrder.BEFORE);
            llama.requireAgreement(json);
            requireParts(json, hf);
            var vision = hf
                    ? json.object("vq_config")
                    : json.object("gen_vision_config").object("params");
            int grid = grid(json, vision, hf);
            return new Config(
                    llama,
                    text.count("vocab_size"),
                    vision.count(hf ? "num_embeddings" : "image_token_size"),
                    vision.count(hf ? "embed_dim" : "n_embed"),
                    grid,
                    hf);
        }

        /** Codes along each side: as many as patches of the images that the model looks at, unless it says so. */
        private static int grid(JsonConfig json, JsonConfig codes, boolean hf) {
            var looking = json.object("vision_config");
            int grid = hf && codes.has("num_patches")
                    ? codes.count("num_patches")
                    : (hf ? looking : looking.object("params")).sizeOr("image_size", 384) / PATCH;
            if (grid < 1 || grid > LARGEST_GRID) {
                throw json.wrong("vision_config", "with " + grid + " codes along each side", "1 to " + LARGEST_GRID);
            }
            return grid;
        }

        /** Refuses an aligner, a head or an image tokenizer of another kind than Janus-Pro's. */
        private static void requireParts(JsonConfig json, boolean hf) {
            if (hf) {
                requireText(json.object("vq_config"), "hidden_act", "gelu");
                return;
            }
            requireText(json.object("gen_vision_config"), "cls", "VQ-16");
            if (json.has("gen_head_config")) {
                requireText(json.object("gen_head_config"), "cls", "vision_head");
            }
            if (json.has("gen_aligner_config")) {
                var aligner = json.object("gen_aligner_config");
                requireText(aligner, "cls", "MlpProjector");
                requireText(aligner.object("params"), "projector_type", "mlp_gelu");
            }
        }

        private static void requireText(JsonConfig json, String key, String expected) {
            String found = json.textOr(key, expected);
            if (!found.equals(expected)) {
                throw json.unsupported(key, "'" + found + "'", "'" + expected + "'");
            }
        }

        /** Number of weights that generating needs. */
        public long parameters() {
            long d = llama.hidden();
            return llama.parameters() + 2L * vocabulary * d + codes * (codeWidth + d + 1) + d * (codeWidth + 2 * d + 3);
        }

        /** Codes in raster order, without structural tokens. */
        public RasterLayout layout() {
            return new RasterLayout(grid, grid, 0, codes);
        }
    }

    private final LlamaStack stack;
    private final Tensor words;
    private final Tensor textHead;
    private final Tensor codes;
    private final Affine alignIn;
    private final Affine alignOut;
    private final Affine project;
    private final Affine head;

    /** A matrix and what is added to its products. */
    private record Affine(Matrix weight, Tensor bias) {
        static Affine of(Weights at, int in, int out, Precision precision) {
            return new Affine(
                    Matrix.of(precision, at.get("weight", out, in)),
                    at.get("bias", out).to(precision.products()));
        }

        Tensor apply(Tensor rows) {
            return weight.apply(rows.to(bias.scalar_type())).add(bias);
        }
    }

    /** A model over tensors in memory or mapped ones. */
    public Janus(Config config, Weights weights, Precision precision) {
        int d = config.llama().hidden();
        int width = config.codeWidth();
        boolean hf = config.hf();
        Weights language = hf ? weights.at("model.language_model") : weights.at("language_model.model");
        stack = new LlamaStack(config.llama(), language, precision, false, 0);
        words = language.get("embed_tokens.weight", config.vocabulary(), d);
        textHead = (hf ? weights : weights.at("language_model")).get("lm_head.weight", config.vocabulary(), d);
        codes = (hf ? weights.at("model.generation_embeddings") : weights.at("gen_embed"))
                .get("weight", config.codes(), width)
                .to(ScalarType.Float);
        Weights aligner = weights.at(hf ? "model.generation_aligner" : "gen_aligner");
        alignIn = Affine.of(aligner.at(hf ? "fc1" : "layers.0"), width, d, precision);
        alignOut = Affine.of(aligner.at(hf ? "hidden_layers.0" : "layers.2"), d, d, precision);
        Weights last = weights.at(hf ? "model.generation_head" : "gen_head");
        project = Affine.of(last.at(hf ? "proj_out" : "output_mlp_projector"), d, d, precision);
        head = Affine.of(last.at("vision_head"), d, config.codes(), precision);
    }

    @Override
    public LlamaStack stack() {
        return stack;
    }

    @Override
    public Tensor embed(Tensor ids) {
        return project(codes.index_select(0, ids)).unsqueeze(0);
    }

    @Override
    public Tensor project(Tensor embeddings) {
        return alignOut.apply(torch.gelu(alignIn.apply(embeddings))).to(ScalarType.Float);
    }

    @Override
    public Tensor logits(Tensor rows) {
        return head.apply(torch.gelu(project.apply(rows)));
    }

    /** Logits {@code [..., vocabulary]} of text. */
    public Tensor textLogits(Tensor rows) {
        return Linear.linear(rows.to(stack.products()), textHead.to(stack.products()));
    }

    @Override
    public Tensor codeTable() {
        return codes;
    }

    /** Rows {@code [1, n, hidden]} of text ids {@code [n]}. */
    public Tensor embedText(Tensor ids) {
        return words.index_select(0, ids).to(ScalarType.Float).unsqueeze(0);
    }

    /** A prompt of text ids. */
    public Prompt prompt(int[] ids, Device device) {
        TokenIds.require(ids, Math.toIntExact(words.size(0)));
        return new Prompt(embedText(Tensors.of(ids, ids.length).to(device, ScalarType.Long)), null);
    }

    /** Whether a tensor belongs to the parts that look at images or turn codes into pixels. */
    public static boolean isVision(String name) {
        return name.startsWith("vision_model.")
                || name.startsWith("aligner.")
                || name.startsWith("model.vision_model.")
                || name.startsWith("model.aligner.")
                || isImageTokenizer(name);
    }

    /** Whether a tensor belongs to the image tokenizer. */
    public static boolean isImageTokenizer(String name) {
        return name.startsWith("gen_vision_model.") || name.startsWith("model.vqmodel.");
    }
}
