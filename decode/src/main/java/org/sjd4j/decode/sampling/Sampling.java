package org.sjd4j.decode.sampling;

/**
 * How logits become probabilities. These define the distribution that every lossless decoder samples from.
 *
 * @param guidanceScale classifier-free guidance g in {@code uncond + g (cond - uncond)}; 1 is no guidance
 * @param temperature above 0; 1 leaves the logits as they are
 * @param topK how many of the largest logits are kept, ties with the last one included; 0 keeps all
 * @param topP the share of probability that the most probable of them must reach, ties included; 1 keeps all
 */
public record Sampling(double guidanceScale, double temperature, int topK, double topP) {

    /** The model's own distribution, without guidance. */
    public static final Sampling PLAIN = new Sampling(1, 1, 0, 1);

    /** Logits divided by less would overflow. */
    private static final double LEAST_TEMPERATURE = 1e-6;

    public Sampling {
        require(Double.isFinite(guidanceScale), "guidance scale", guidanceScale, "a finite number");
        require(
                temperature >= LEAST_TEMPERATURE && temperature < Double.POSITIVE_INFINITY,
                "temperature",
                temperature,
                "more than 0 (at least " + LEAST_TEMPERATURE + "); for greedy decoding set top-k to 1");
        require(topK >= 0, "top-k", topK, "0 (off) or more");
        require(topP > 0 && topP <= 1, "top-p", topP, "more than 0, up to 1 (off)");
    }

    private static void require(boolean holds, String name, Object found, String expected) {
        if (!holds) {
            throw new IllegalArgumentException("%s is %s, expected %s".formatted(name, found, expected));
        }
    }

    /** Whether the unconditional logits are needed at all. */
    public boolean guided() {
        return guidanceScale != 1;
    }
}
