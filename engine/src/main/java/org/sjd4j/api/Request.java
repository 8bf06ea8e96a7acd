package org.sjd4j.api;

import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.ImageSize;

/**
 * What to generate and how.
 *
 * @param prompt what the image shows
 * @param negativePrompt what guidance leads away from; empty for the model's own unconditional prompt
 * @param seed the same seed gives the same image
 * @param decoder how tokens are found
 * @param settings of the decoder; they change the speed, not the distribution of the image
 * @param sampling what distribution is sampled from
 * @param size of the image, or nothing for the model's own
 */
public record Request(
        String prompt,
        String negativePrompt,
        long seed,
        Decoder decoder,
        DecoderSettings settings,
        Sampling sampling,
        @Nullable ImageSize size) {
    /** A request of the model's own size without a negative prompt. */
    public Request(String prompt, long seed, Decoder decoder, DecoderSettings settings, Sampling sampling) {
        this(prompt, "", seed, decoder, settings, sampling, null);
    }

    /** The same request with another seed. */
    public Request withSeed(long other) {
        return new Request(prompt, negativePrompt, other, decoder, settings, sampling, size);
    }

    /** The same request with another decoder. */
    public Request withDecoder(Decoder other, DecoderSettings otherSettings) {
        return new Request(prompt, negativePrompt, seed, other, otherSettings, sampling, size);
    }
}
