package org.sjd4j.api;

import java.util.Objects;
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
 * @param edit the image of which a part is made anew, or nothing for a new one
 */
public record Request(
        String prompt,
        String negativePrompt,
        long seed,
        Decoder decoder,
        DecoderSettings settings,
        Sampling sampling,
        @Nullable ImageSize size,
        @Nullable Edit edit) {

    /** @throws IllegalArgumentException if the size is not that of the image to edit */
    public Request {
        if (edit != null && !Objects.equals(size, edit.size())) {
            throw new IllegalArgumentException("size is %s, but the edited image has %s".formatted(size, edit.size()));
        }
    }

    /** A request of a new image. */
    public Request(
            String prompt,
            String negativePrompt,
            long seed,
            Decoder decoder,
            DecoderSettings settings,
            Sampling sampling,
            @Nullable ImageSize size) {
        this(prompt, negativePrompt, seed, decoder, settings, sampling, size, null);
    }

    /** A request of the model's own size without a negative prompt. */
    public Request(String prompt, long seed, Decoder decoder, DecoderSettings settings, Sampling sampling) {
        this(prompt, "", seed, decoder, settings, sampling, null);
    }

    /** The same request with another seed. */
    public Request withSeed(long other) {
        return new Request(prompt, negativePrompt, other, decoder, settings, sampling, size, edit);
    }

    /** The same request with another decoder. */
    public Request withDecoder(Decoder other, DecoderSettings otherSettings) {
        return new Request(prompt, negativePrompt, seed, other, otherSettings, sampling, size, edit);
    }

    /** The same request for an edit of an image, of whose size the result is. */
    public Request editing(Edit what) {
        return new Request(prompt, negativePrompt, seed, decoder, settings, sampling, what.size(), what);
    }
}
