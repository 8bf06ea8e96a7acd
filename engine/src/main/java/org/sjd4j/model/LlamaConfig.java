package org.sjd4j.model;

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
            throw new IllegalArgumentException("%d heads of %d channels over %d of keys do not fit together"
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

    /** Width of all queries of a row. */
    public int queryWidth() {
        return heads * headSize;
    }

    /** Width of all keys of a row, and of all values. */
    public int keyWidth() {
        return keyValueHeads * headSize;
    }
}
