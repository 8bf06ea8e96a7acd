package org.sjd4j.family.chameleon;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.llama.VocabularyLlama;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Weights;

/**
 * Chameleon (arXiv 2405.09818), the backbone of Lumina-mGPT (arXiv 2408.02657): queries and keys go through a LayerNorm,
 * and the 34B has its norms behind the sublayers.
 *
 * <p>Names and sizes: {@code modeling_chameleon.py} of Lumina-mGPT and of Transformers.
 */
public final class Chameleon {
    /** What {@code config.json} calls this family. */
    public static final String MODEL_TYPE = "chameleon";

    /** An image is made of squares of 2x2 codes, which its size tokens count. */
    public static final int GRID = 2;

    private static final String END_OF_IMAGE = "<eoss>";
    private static final String START_OF_IMAGE = "<racm3:break>";
    private static final String NEW_LINE = "<reserved08799>";
    private static final String END_OF_TURN = "<reserved08706>";
    private static final String SIZE = "<reserved%05d>";
    private static final int FIRST_SIZE = 8800;

    /**
     * Sizes and ids.
     *
     * @param vocabulary number of ids
     * @param codes token id by image code
     */
    public record Config(LlamaConfig llama, int vocabulary, List<Integer> codes, Map<String, Integer> ids) {

        /**
         * Reads a {@code config.json}.
         *
         * @throws CheckpointException if a value is missing or makes no sense
         */
        public static Config from(JsonConfig json) {
            boolean swin = json.flagOr("swin_norm", false);
            var llama = LlamaConfig.from(
                    json,
                    LlamaConfig.Defaults.CHAMELEON,
                    LlamaConfig.QueryKeyNorm.LAYER_NORM,
                    swin ? LlamaConfig.NormOrder.AFTER : LlamaConfig.NormOrder.BEFORE);
            var ids = json.vocabulary("vocabulary_map");
            int vocabulary = json.count("vocab_size");
            var codes = new ArrayList<Integer>();
            for (Integer id = ids.get(codeName(0)); id != null; id = ids.get(codeName(codes.size()))) {
                if (id >= vocabulary || !codes.isEmpty() && id != codes.getLast() + 1) {
                    throw json.wrong(
                            "vocabulary_map",
                            "with " + codeName(codes.size()) + " at id " + id,
                            "image codes in a row");
                }
                codes.add(id);
            }
            if (codes.isEmpty()) {
                throw json.wrong("vocabulary_map", "without " + codeName(0), "image codes");
            }
            return new Config(llama, vocabulary, List.copyOf(codes), ids);
        }

        /** IMGIMG, the decimal digits of the code as letters from A, Z. */
        public static String codeName(int code) {
            var letters = new StringBuilder("IMGIMG");
            Integer.toString(code).chars().forEach(digit -> letters.append((char) (digit - '0' + 'A')));
            return letters.append('Z').toString();
        }

        /** Number of weights. */
        public long parameters() {
            long norms = 2L * llama.layers() * 2 * llama.headSize();
            return llama.parameters() + norms + 2L * vocabulary * llama.hidden();
        }

        /** The id that opens an image in the prompt, before its two size tokens. */
        public int startOfImage() {
            return id(START_OF_IMAGE);
        }

        /** The id that ends the user's turn. */
        public int endOfTurn() {
            return id(END_OF_TURN);
        }

        /** The id that says a number of squares. */
        public int size(int squares) {
            return id(String.format(Locale.ROOT, SIZE, FIRST_SIZE + squares));
        }

        /** Lines of codes, each closed by a new line, and an end of image. */
        public RasterLayout layout(int lines, int columns) {
            return new RasterLayout(
                    columns, lines, List.of(), id(NEW_LINE), List.of(id(END_OF_IMAGE)), codes.getFirst(), codes.size());
        }

        private int id(String token) {
            Integer id = ids.get(token);
            if (id == null || id >= vocabulary) {
                throw new CheckpointException(
                        "config.json",
                        "no '" + token + "' in vocabulary_map",
                        "it among the " + vocabulary + " ids",
                        "use a checkpoint that was trained to generate, such as Lumina-mGPT");
            }
            return id;
        }
    }

    private Chameleon() {}

    /** The network over a checkpoint's tensors; {@code model.vqmodel} is left unread. */
    public static VocabularyLlama network(Config config, Weights weights, Precision precision) {
        return new VocabularyLlama(
                config.llama(),
                weights.at("model"),
                weights,
                config.vocabulary(),
                config.codes().getFirst(),
                config.codes().size(),
                precision);
    }

    /** Whether a tensor belongs to the encoder that some checkpoints carry along. */
    public static boolean isImageTokenizer(String name) {
        return name.startsWith("model.vqmodel.");
    }
}
