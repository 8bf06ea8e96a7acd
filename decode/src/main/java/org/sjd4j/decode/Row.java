package org.sjd4j.decode;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What one row of a forward pass reads: the end of the prompt, a clean token or, at a position that is still being
 * denoised, a noisy embedding.
 */
public sealed interface Row {

    /** What stands before a position: the end of the prompt, or the token to its left. */
    static Row before(int position, int[] tokens) {
        return position == 0 ? new Start() : new Token(tokens[position - 1]);
    }

    /** What the positions of the first tokens read: the end of the prompt, and all of these tokens but the last. */
    static List<Row> before(int[] tokens) {
        return IntStream.range(0, tokens.length)
                .mapToObj(position -> before(position, tokens))
                .toList();
    }

    /** The last row of the prompt, which only the model knows. It is the first row of the first pass. */
    record Start() implements Row {}

    /**
     * A clean token.
     *
     * @param id token id
     */
    record Token(int id) implements Row {}

    /**
     * A noisy embedding {@code z = alpha * e + sigma * epsilon} on the flow-matching path {@code alpha = 1 - t, sigma =
     * t}, in <em>normalised</em> embedding space (SJD2, arXiv 2510.08994: without normalisation generation fails).
     *
     * @param embedding z, of the model's {@link ImageModel#embeddingSize()}; not to be modified
     * @param noiseLevel t in (0, 1]; 1 is pure noise
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared; copying it would cost a row per pass
    record Noisy(float[] embedding, float noiseLevel) implements Row {}
}
