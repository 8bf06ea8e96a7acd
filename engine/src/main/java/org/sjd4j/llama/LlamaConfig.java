package org.sjd4j.llama;

import org.sjd4j.checkpoint.JsonConfig;

/**
 * Sizes of a stack of Llama blocks, and the switches in which the published image models differ.
 *
 * @param hidden width of a row
 * @param layers number of blocks
 * @param heads attention heads of the queries
 * @param keyValueHeads attention heads of keys and values; each serves {@code heads / keyValueHeads} heads of queries
 *     (grouped-query attention, Ainslie et al., arXiv 2305.13245)
 * @param headSize channels of one head
 * @param intermediate width inside the feed-forward part
 * @param normEpsilon added to the mean square in RMSNorm
 * @param ropeTheta base of the rotary position embedding
 * @param rotary which channels of a head turn together
 * @param queryKeyNorm what queries and keys go through before rotary embedding
 * @param normOrder where the norms of a block stand
 */
public record LlamaConfig(
        int hidden,
        int layers,
        int heads,
        int keyValueHeads,
        int headSize,
        int intermediate,
        double normEpsilon,
        double ropeTheta,
        Rotary rotary,
        QueryKeyNorm queryKeyNorm,
        NormOrder normOrder) {
    private static final int SHARING_HEADS = 4;
    private static final long LARGE_BLOCK = 8_000_000;

    private static final long WIDEST = 10_000_000;

    /** Which channels of a head make a pair that turns by one angle. */
    public enum Rotary {
        /** Channels 2i and 2i + 1, as in the paper (Su et al., arXiv 2104.09864). */
        NEIGHBOURS,

        /** Channels i and i + headSize / 2, as in Hugging Face's Llama. */
        HALVES
    }

    /** What queries and keys go through. */
    public enum QueryKeyNorm {
        /** Nothing. */
        NONE,

        /** LayerNorm over a head with weight and bias, epsilon 1e-5 (Chameleon, arXiv 2405.09818). */
        LAYER_NORM
    }

    /** Where the norms of a block stand. */
    public enum NormOrder {
        /** Before attention and feed-forward part. */
        BEFORE,

        /** After them ("swin norm", Chameleon 34B). */
        AFTER
    }

    /**
     * What a {@code config.json} may leave out, by the configuration class of a family.
     *
     * @param keyValueHeads 0 for as many as heads
     */
    public record Defaults(int intermediate, int keyValueHeads, double normEpsilon, double ropeTheta) {
        /** {@code LlamaConfig}, which Janus has too. */
        public static final Defaults LLAMA = new Defaults(11008, 0, 1e-6, 10_000);

        /** {@code ChameleonConfig}. */
        public static final Defaults CHAMELEON = new Defaults(11008, 0, 1e-5, 10_000);

        /** {@code Emu3Config} of BAAI, {@code Emu3TextConfig} of Transformers. */
        public static final Defaults EMU3 = new Defaults(14336, 8, 1e-5, 1_000_000);
    }

    public LlamaConfig {
        if (headSize % 2 != 0 || heads % keyValueHeads != 0) {
            throw new IllegalArgumentException("%s heads of %s channels over %s of keys do not fit together"
                    .formatted(heads, headSize, keyValueHeads));
        }
    }

    /** A stack without switches, whose heads share out the width of a row. */
    public LlamaConfig(int hidden, int layers, int heads, int intermediate, double normEpsilon, double ropeTheta) {
        this(
                hidden,
                layers,
                heads,
                heads,
                hidden / heads,
                intermediate,
                normEpsilon,
                ropeTheta,
                Rotary.NEIGHBOURS,
                QueryKeyNorm.NONE,
                NormOrder.BEFORE);
    }

    /**
     * Reads the sizes from a configuration with the keys of Hugging Face's Llama.
     *
     * @param defaults for what is absent
     * @throws org.sjd4j.tensor.CheckpointException if a value is missing or makes no sense, or asks for something that is
     *     not implemented
     */
    public static LlamaConfig from(JsonConfig json, Defaults defaults, QueryKeyNorm queryKeyNorm, NormOrder normOrder) {
        LlamaSwitches.require(json);
        int hidden = json.sizeOr("hidden_size", 4096);
        int heads = json.sizeOr("num_attention_heads", 32);
        int keyValueHeads =
                json.sizeOr("num_key_value_heads", defaults.keyValueHeads == 0 ? heads : defaults.keyValueHeads);
        if (!json.has("head_dim") && hidden % heads != 0) {
            throw json.wrong("num_attention_heads", Integer.toString(heads), "a divisor of the hidden size " + hidden);
        }
        int headSize = json.sizeOr("head_dim", hidden / heads);
        if (headSize % 2 != 0 || heads % keyValueHeads != 0 || (long) heads * headSize > WIDEST) {
            throw json.wrong(
                    "num_attention_heads",
                    heads + " over " + keyValueHeads + " of keys, of size " + headSize,
                    "heads of an even size that the heads of keys divide");
        }
        double epsilon = json.numberOr("rms_norm_eps", defaults.normEpsilon);
        if (epsilon < 0) {
            throw json.wrong("rms_norm_eps", json.shown("rms_norm_eps"), "a number from 0 on");
        }
        return new LlamaConfig(
                hidden,
                json.sizeOr("num_hidden_layers", 32),
                heads,
                keyValueHeads,
                headSize,
                json.sizeOr("intermediate_size", defaults.intermediate),
                epsilon,
                RotaryConfig.theta(json, defaults.ropeTheta),
                Rotary.HALVES,
                queryKeyNorm,
                normOrder);
    }

    /**
     * Refuses a configuration around that of the language model that contradicts it.
     *
     * @param outer the whole {@code config.json}, whose own keys nobody else reads
     */
    public void requireAgreement(JsonConfig outer) {
        double theta = RotaryConfig.theta(outer, ropeTheta);
        if (theta != ropeTheta) {
            throw outer.wrong("rope_theta", theta + " and, for the language model, " + ropeTheta, "one value");
        }
        LlamaSwitches.requireUnquantized(outer);
    }

    /** Width of all queries of a row. */
    public int queryWidth() {
        return heads * headSize;
    }

    /** Number of weights of the stack. */
    public long parameters() {
        long block = (long) hidden * (2L * queryWidth() + 2L * keyWidth() + 3L * intermediate + 2);
        return layers * block + hidden;
    }

    /**
     * Whether attention on a CPU works in blocks of rows and of keys, so that a row has the same bits whatever other rows its
     * pass has. A single row costs as much as four then. That is little in a pass that reads large weights, and nothing where
     * four heads or more share their keys; but it is a fifth of a pass of a model whose weights fit into a processor's cache.
     */
    public boolean attendsInBlocks() {
        return heads >= SHARING_HEADS * keyValueHeads || parameters() >= LARGE_BLOCK * layers;
    }

    /** Width of all keys of a row, and of all values. */
    public int keyWidth() {
        return keyValueHeads * headSize;
    }
}
