package org.sjd4j.family.raster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.llama.Linear;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.llama.LlamaStack;
import org.sjd4j.llama.LlamaSwitches;
import org.sjd4j.llama.Matrix;
import org.sjd4j.llama.RotaryConfig;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * The bundled model: a Llama stack that reads a prompt of words and generates the codes of an image in raster order.
 *
 * <p>A sequence is a fixed number of prompt slots, the last of which is the start token, and then the codes. The row that
 * predicts code {@code j} also knows the place of {@code j} in the image (a learned vector for its line and one for its
 * column) and the sum of the prompt's words, so that place and topic need not be carried by attention alone. Codes enter
 * by a narrow table and a projection: noise levels spread usefully in few dimensions.
 */
public final class RasterLlama implements ImageTokenNetwork {
    /** What {@code config.json} calls this family. */
    public static final String MODEL_TYPE = "sjd4j_raster_llama";

    /** Fills unused prompt slots. */
    public static final int PAD = 0;

    /** The whole prompt of the unconditional branch. */
    public static final int NULL_PROMPT = 1;

    /** The start token, in the last prompt slot. */
    public static final int START = 2;

    /** Ids below this one are no words. */
    public static final int FIRST_WORD = 3;

    /**
     * Sizes of the network.
     *
     * @param llama the stack
     * @param words number of word ids, the special ones included
     * @param promptSlots rows of the prompt, the start token included
     * @param grid codes along each side of the image
     * @param codes number of image codes
     * @param codeWidth channels of the code table
     */
    public record Config(LlamaConfig llama, int words, int promptSlots, int grid, int codes, int codeWidth) {
        private static final int LARGEST_GRID = 256;

        /** Codes of one image. */
        public int length() {
            return grid * grid;
        }

        /** Codes in raster order, without structural tokens. */
        public RasterLayout layout() {
            return new RasterLayout(grid, grid, 0, codes);
        }

        /** Rows of a whole sequence: the last code is predicted, never read. */
        public int rows() {
            return promptSlots + length() - 1;
        }

        /**
         * Reads the sizes from a checkpoint's {@code config.json}.
         *
         * @throws org.sjd4j.tensor.CheckpointException if a value is missing or makes no sense
         */
        public static Config from(JsonConfig json) {
            LlamaSwitches.require(json);
            int hidden = json.count("hidden_size");
            int heads = json.count("num_attention_heads");
            if (hidden % heads != 0 || hidden / heads % 2 != 0) {
                throw json.wrong("num_attention_heads", Integer.toString(heads), "heads of an even size");
            }
            int grid = json.count("grid");
            if (grid > LARGEST_GRID) {
                throw json.wrong("grid", Integer.toString(grid), "at most " + LARGEST_GRID);
            }
            var llama = new LlamaConfig(
                    hidden,
                    json.count("num_hidden_layers"),
                    heads,
                    json.count("intermediate_size"),
                    json.number("rms_norm_eps"),
                    RotaryConfig.theta(json, json.number("rope_theta")));
            return new Config(
                    llama,
                    json.count("word_vocab_size"),
                    json.count("prompt_slots"),
                    grid,
                    json.count("image_vocab_size"),
                    json.count("code_width"));
        }

        /** The values that {@link #from} reads. */
        public Map<String, Object> toJson() {
            var json = new LinkedHashMap<String, Object>();
            json.put("model_type", MODEL_TYPE);
            json.put("hidden_size", llama.hidden());
            json.put("num_hidden_layers", llama.layers());
            json.put("num_attention_heads", llama.heads());
            json.put("intermediate_size", llama.intermediate());
            json.put("rms_norm_eps", llama.normEpsilon());
            json.put("rope_theta", llama.ropeTheta());
            json.put("word_vocab_size", words);
            json.put("prompt_slots", promptSlots);
            json.put("grid", grid);
            json.put("image_vocab_size", codes);
            json.put("code_width", codeWidth);
            return json;
        }
    }

    private final Config config;
    private final LlamaStack stack;
    private final Tensor words;
    private final Tensor topics;
    private final Tensor codeTable;
    private final Tensor codeProjection;
    private final Tensor lines;
    private final Tensor columns;
    private final Matrix head;
    private final @Nullable Tensor codeRows;

    /** A model over float32 weights in memory. */
    public RasterLlama(Config config, Weights weights) {
        this(config, weights, Precision.FLOAT32);
    }

    /**
     * A model over float32 weights in memory; gradients flow into them.
     *
     * @param precision of the large matrix products; everything else stays float32
     */
    public RasterLlama(Config config, Weights weights, Precision precision) {
        this(config, weights, precision, 0);
    }

    /**
     * A model over float32 weights in memory, for training.
     *
     * @param precision of the large matrix products; everything else stays float32
     * @param dropout share of the channels that what a block adds loses at random
     */
    public RasterLlama(Config config, Weights weights, Precision precision, double dropout) {
        this(config, weights, precision, dropout, false);
    }

    private RasterLlama(Config config, Weights weights, Precision precision, double dropout, boolean frozen) {
        this.config = config;
        Weights at = weights.at("model");
        int d = config.llama().hidden();
        stack = new LlamaStack(config.llama(), at, precision, true, dropout);
        words = at.get("embed_words.weight", config.words(), d);
        topics = at.get("embed_topics.weight", config.words(), d);
        codeTable = at.get("embed_codes.weight", config.codes(), config.codeWidth());
        codeProjection = at.get("project_codes.weight", d, config.codeWidth());
        lines = at.get("embed_lines.weight", config.grid(), d);
        columns = at.get("embed_columns.weight", config.grid(), d);
        // rounded logits would be told apart less well, and there are too few of them to save time
        var headPrecision = precision == Precision.BFLOAT16 ? Precision.FLOAT32 : precision;
        head = Matrix.of(headPrecision, weights.get("lm_head.weight", config.codes(), d));
        codeRows = frozen ? Tensors.keep(() -> project(codeTable).contiguous()) : null;
    }

    /**
     * A model over float32 weights that stay as they are: every code's row is computed once. So a code is always the same row,
     * bit for bit, whatever other codes a pass reads.
     *
     * @param precision of the large matrix products; everything else stays float32
     */
    static RasterLlama frozen(Config config, Weights weights, Precision precision) {
        return new RasterLlama(config, weights, precision, 0, true);
    }

    /** Every tensor of the network, with its start for training. */
    public static List<Parameter> parameters(Config config) {
        var list = new ArrayList<Parameter>();
        int d = config.llama().hidden();
        list.add(Parameter.table("model.embed_words.weight", 0.5, config.words(), d));
        list.add(Parameter.table("model.embed_topics.weight", 0.1, config.words(), d));
        list.add(Parameter.table("model.embed_codes.weight", 1, config.codes(), config.codeWidth()));
        list.add(Parameter.matrix(
                "model.project_codes.weight", 1 / Math.sqrt(config.codeWidth()), d, config.codeWidth()));
        list.add(Parameter.table("model.embed_lines.weight", 0.1, config.grid(), d));
        list.add(Parameter.table("model.embed_columns.weight", 0.1, config.grid(), d));
        list.addAll(LlamaStack.parameters(config.llama(), "model"));
        list.add(Parameter.matrix("lm_head.weight", 1 / Math.sqrt(d), config.codes(), d));
        return list;
    }

    /** The sizes of this model. */
    public Config config() {
        return config;
    }

    @Override
    public LlamaStack stack() {
        return stack;
    }

    /** {@inheritDoc} Its {@code n} is the configuration's {@code codeWidth}. */
    @Override
    public Tensor codeTable() {
        return codeTable;
    }

    /** Prompt rows {@code [batch, promptSlots, hidden]} of word ids {@code [batch, promptSlots]}. */
    public Tensor promptRows(Tensor prompt) {
        return words.index_select(0, prompt.reshape(-1))
                .view(prompt.size(0), prompt.size(1), config.llama().hidden());
    }

    /** The sum of the prompts' topics, {@code [batch, 1, hidden]}. */
    public Tensor topic(Tensor prompt) {
        Tensor used = prompt.ge(new org.bytedeco.pytorch.Scalar(FIRST_WORD))
                .logical_or(prompt.eq(new org.bytedeco.pytorch.Scalar(NULL_PROMPT)))
                .to(ScalarType.Float)
                .unsqueeze(-1);
        Tensor rows = topics.index_select(0, prompt.reshape(-1))
                .view(prompt.size(0), prompt.size(1), config.llama().hidden());
        return rows.mul(used).sum(new long[] {1}, true, new org.bytedeco.pytorch.ScalarTypeOptional());
    }

    /** The vectors of all places in raster order, {@code [1, length, hidden]}. */
    public Tensor places() {
        int grid = config.grid();
        int d = config.llama().hidden();
        return lines.unsqueeze(1).add(columns.unsqueeze(0)).view(1, (long) grid * grid, d);
    }

    @Override
    public Tensor embed(Tensor ids) {
        return codeRows == null
                ? project(codeEmbeddings(ids.unsqueeze(0)))
                : codeRows.index_select(0, ids).unsqueeze(0);
    }

    @Override
    public Tensor project(Tensor embeddings) {
        return Linear.linear(embeddings, codeProjection);
    }

    @Override
    public Tensor logits(Tensor rows) {
        return head.apply(rows);
    }

    /**
     * Logits of every code of whole images, for training.
     *
     * @param prompt word ids {@code [batch, promptSlots]}
     * @param codeRows the codes 0 to {@code length - 2} as rows of the stack, {@code [batch, length - 1, hidden]}: their
     *     projected embeddings, clean or noisy
     * @return {@code [batch, length, codes]}: entry {@code j} predicts code {@code j}
     */
    public Tensor imageLogits(Tensor prompt, Tensor codeRows, Tensor rotations) {
        int slots = config.promptSlots();
        Tensor prefix = promptRows(prompt);
        Tensor start = prefix.narrow(1, slots - 1, 1);
        Tensor image = Tensors.cat(1, start.expand(codeRows.size(0), 1, -1), codeRows)
                .add(places())
                .add(topic(prompt));
        Tensor rows = Tensors.cat(1, prefix.narrow(1, 0, slots - 1), image);
        Tensor hidden = stack.forward(rows, rotations, null, null);
        return logits(hidden.narrow(1, slots - 1, config.length()));
    }

    /**
     * Begins an image.
     *
     * @param proposals what the model has that makes better drafts
     * @param prompt word ids, filled up to the model's prompt slots
     * @param negativePrompt the unconditional branch's prompt, used only if {@code sampling} is guided
     */
    public ImageSession begin(
            Proposals proposals, int[] prompt, int[] negativePrompt, Sampling sampling, Device device) {
        return new ImageSession(
                this,
                proposals,
                config.layout(),
                () -> prompt(prompt, device),
                () -> prompt(negativePrompt, device),
                sampling,
                device);
    }

    private Prompt prompt(int[] slots, Device device) {
        return prompt(Tensors.of(slots, 1, slots.length).to(device, ScalarType.Long));
    }

    /** The prompts of word ids {@code [batch, promptSlots]}. */
    public Prompt prompt(Tensor words) {
        return new Prompt(promptRows(words), places().add(topic(words)));
    }

    /** Rotations for all rows of a sequence. */
    public Tensor rotations(Device device) {
        return LlamaStack.rotations(config.llama(), config.rows(), device);
    }

    /** The embeddings of codes {@code [batch, n]}, {@code [batch, n, codeWidth]}. */
    public Tensor codeEmbeddings(Tensor codes) {
        return codeTable.index_select(0, codes.reshape(-1)).view(codes.size(0), codes.size(1), config.codeWidth());
    }
}
