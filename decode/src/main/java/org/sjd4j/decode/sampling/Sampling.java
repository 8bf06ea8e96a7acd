package org.sjd4j.decode.sampling;

import java.util.List;

/**
 * How logits become probabilities. These define the distribution that every lossless decoder samples from.
 *
 * @param guidanceScale classifier-free guidance g in {@code uncond + g (cond - uncond)}; 1 is no guidance
 * @param temperature above 0; 1 leaves the logits as they are
 * @param topK how many of the largest logits are kept, ties with the last one included; 0 keeps all
 * @param topP the share of probability that the most probable of them must reach, ties included; 1 keeps all
 */
public record Sampling(double guidanceScale, double temperature, int topK, double topP) {

    /** Stronger guidance than this has no use, and might overflow. */
    private static final double MOST_GUIDANCE = 50;

    /** Logits divided by less would overflow. */
    private static final double LEAST_TEMPERATURE = 1e-6;

    private static final double MOST_TEMPERATURE = 1000;

    private static final double LEAST_TOP_P = 1e-9;

    /** How strictly the image follows the prompt. */
    public static final Setting<Sampling> GUIDANCE_SCALE = Setting.real(
            "guidance_scale",
            "S",
            "Classifier-free guidance: how strictly the image follows the prompt; 1 is none.",
            0,
            MOST_GUIDANCE,
            "a number from 0 (the prompt plays no role) to 50",
            Sampling::guidanceScale,
            (sampling, scale) -> new Sampling(scale, sampling.temperature, sampling.topK, sampling.topP));

    /** What logits are divided by. */
    public static final Setting<Sampling> TEMPERATURE = Setting.real(
            "temperature",
            "T",
            "Above 0; below 1 is safer, above 1 is wilder.",
            LEAST_TEMPERATURE,
            MOST_TEMPERATURE,
            "more than 0 (from 1e-6 to 1000); for greedy decoding set top-k to 1",
            Sampling::temperature,
            (sampling, temperature) -> new Sampling(sampling.guidanceScale, temperature, sampling.topK, sampling.topP));

    /** How many tokens are kept. */
    public static final Setting<Sampling> TOP_K = Setting.whole(
            "top_k",
            "N",
            "Sample from the N most probable tokens only; 0 for all.",
            0,
            Integer.MAX_VALUE,
            "0 (off) or more",
            Sampling::topK,
            (sampling, tokens) -> new Sampling(sampling.guidanceScale, sampling.temperature, tokens, sampling.topP));

    /** What share of the probability is kept. */
    public static final Setting<Sampling> TOP_P = Setting.real(
            "top_p",
            "P",
            "Sample from the most probable tokens that reach this share together; 1 for all.",
            LEAST_TOP_P,
            1,
            "more than 0, up to 1 (off)",
            Sampling::topP,
            (sampling, share) -> new Sampling(sampling.guidanceScale, sampling.temperature, sampling.topK, share));

    /** All settings: command lines, files, requests and reports go through this list. */
    public static final List<Setting<Sampling>> SETTINGS = List.of(GUIDANCE_SCALE, TEMPERATURE, TOP_K, TOP_P);

    /** The model's own distribution, without guidance. */
    public static final Sampling PLAIN = new Sampling(1, 1, 0, 1);

    public Sampling {
        GUIDANCE_SCALE.require(guidanceScale);
        TEMPERATURE.require(temperature);
        TOP_K.require(topK);
        TOP_P.require(topP);
    }

    /** Whether the unconditional logits are needed at all. */
    public boolean guided() {
        return guidanceScale != 1;
    }
}
