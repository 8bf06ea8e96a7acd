package org.sjd4j.model;

import org.sjd4j.tensor.JsonConfig;

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
 * @param queryKeyNorm what queries and keys go through before they are turned
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
     * Reads the sizes from a configuration with the keys of Hugging Face's Llama; what is absent has the default of that
     * class.
     *
     * @throws org.sjd4j.tensor.CheckpointException if a value is missing or makes no sense
     */
    public static LlamaConfig from(JsonConfig json, QueryKeyNorm queryKeyNorm, NormOrder normOrder) {
        int hidden = json.countOr("hidden_size", 4096);
        int heads = json.countOr("num_attention_heads", 32);
        int keyValueHeads = json.countOr("num_key_value_heads", heads);
        int headSize = json.countOr("head_dim", hidden / heads);
        if (headSize < 2 || headSize % 2 != 0 || heads % keyValueHeads != 0) {
            throw json.wrong(
                    "num_attention_heads",
                    heads + " over " + keyValueHeads + " of keys, of size " + headSize,
                    "heads of an even size that the heads of keys divide");
        }
        return new LlamaConfig(
                hidden,
                json.countOr("num_hidden_layers", 32),
                heads,
                keyValueHeads,
                headSize,
                json.countOr("intermediate_size", 11008),
                json.numberOr("rms_norm_eps", 1e-6),
                json.numberOr("rope_theta", 10000),
                Rotary.HALVES,
                queryKeyNorm,
                normOrder);
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

    /** Width of all keys of a row, and of all values. */
    public int keyWidth() {
        return keyValueHeads * headSize;
    }
}
