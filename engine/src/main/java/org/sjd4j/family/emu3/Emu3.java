package org.sjd4j.family.emu3;

import java.util.List;
import java.util.Map;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.llama.VocabularyLlama;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Weights;

/**
 * Emu3 (arXiv 2409.18869): a plain Llama with grouped queries and a vocabulary of text and image codes.
 *
 * <p>Three layouts are read: BAAI's own, and Transformers' before and since 4.52.
 */
public final class Emu3 {
    /** What {@code config.json} calls this family in BAAI's layout. */
    public static final String MODEL_TYPE = "Emu3";

    /** What {@code config.json} calls this family in Transformers' layout. */
    public static final String HF_MODEL_TYPE = "emu3";

    /** The text at the start of a prompt. */
    public static final String BEGIN = "<|extra_203|>";

    /** The text between a prompt and its size. */
    public static final String START_OF_IMAGE = "<|image start|>";

    /** The text between a size and the image. */
    public static final String IMAGE = "<|image token|>";

    private static final String END_OF_IMAGE = "<|image end|>";
    private static final String END_OF_LINE = "<|extra_200|>";
    private static final String END_OF_FRAME = "<|extra_201|>";
    private static final String END = "<|extra_204|>";
    private static final String FIRST_CODE = "<|visual token 000000|>";

    /**
     * Sizes and ids.
     *
     * @param vocabulary number of ids; the image codes are the last ones
     * @param ids by token
     */
    public record Config(LlamaConfig llama, int vocabulary, Map<String, Integer> ids) {

        /**
         * Reads a {@code config.json} of any of the three layouts.
         *
         * @param ids of the tokenizer, by token
         * @throws CheckpointException if a value is missing or makes no sense, or asks for something that is not
         *     implemented
         */
        public static Config from(JsonConfig root, Map<String, Integer> ids) {
            JsonConfig json = language(root);
            var llama = LlamaConfig.from(
                    json, LlamaConfig.Defaults.EMU3, LlamaConfig.QueryKeyNorm.NONE, LlamaConfig.NormOrder.BEFORE);
            llama.requireAgreement(root);
            var config = new Config(llama, json.count("vocab_size"), ids);
            if (config.firstCode() >= config.vocabulary()) {
                throw json.wrong(
                        "vocab_size", Integer.toString(config.vocabulary()), "more than the id of " + FIRST_CODE);
            }
            return config;
        }

        /** The part of a {@code config.json} that is the language model's: all of it in BAAI's layout. */
        public static JsonConfig language(JsonConfig root) {
            return root.textOr("model_type", "").equals(HF_MODEL_TYPE) ? root.object("text_config") : root;
        }

        /** Id of the first image code. */
        public int firstCode() {
            return id(FIRST_CODE);
        }

        /** Number of image codes. */
        public int codes() {
            return vocabulary - firstCode();
        }

        /** Number of weights. */
        public long parameters() {
            return llama.parameters() + 2L * vocabulary * llama.hidden();
        }

        /** The id of a special token. */
        public int id(String token) {
            Integer id = ids.get(token);
            if (id == null || id >= vocabulary) {
                throw new CheckpointException(
                        "config.json",
                        "no '" + token + "' in the tokenizer",
                        "it among the " + vocabulary + " ids",
                        "use the tokenizer files that belong to this checkpoint");
            }
            return id;
        }

        /** Lines of codes, each closed by an end of line, then the ends of frame, image and text. */
        public RasterLayout layout(int lines, int columns) {
            return new RasterLayout(
                    columns,
                    lines,
                    List.of(),
                    id(END_OF_LINE),
                    List.of(id(END_OF_FRAME), id(END_OF_IMAGE), id(END)),
                    firstCode(),
                    codes());
        }
    }

    private Emu3() {}

    /** The network over a checkpoint's tensors in any of the three layouts. */
    public static VocabularyLlama network(Config config, Weights weights, Precision precision) {
        Weights model = weights.at("model");
        Weights head = weights;
        if (weights.at("text_model").has("lm_head.weight")) {
            model = weights.at("text_model").at("model");
            head = weights.at("text_model");
        } else if (model.at("text_model").has("norm.weight")) {
            model = model.at("text_model");
        }
        return new VocabularyLlama(
                config.llama(), model, head, config.vocabulary(), config.firstCode(), config.codes(), precision);
    }

    /** Whether a tensor belongs to the image tokenizer that Transformers' layout has in the same files. */
    public static boolean isImageTokenizer(String name) {
        return name.startsWith("vqmodel.") || name.startsWith("model.vqmodel.");
    }
}
