package org.sjd4j.model;

/**
 * Sizes of a stack of Llama blocks.
 *
 * @param hidden width of a row
 * @param layers number of blocks
 * @param heads attention heads; {@code hidden / heads} channels each
 * @param intermediate width inside the feed-forward part
 * @param normEpsilon added to the mean square in RMSNorm
 * @param ropeTheta base of the rotary position embedding
 */
public record LlamaConfig(int hidden, int layers, int heads, int intermediate, double normEpsilon, double ropeTheta) {
    /** Channels of one head. */
    public int headSize() {
        return hidden / heads;
    }
}
