package org.sjd4j.evaluation;

import java.awt.image.BufferedImage;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.decode.Statistics;

/**
 * One image by one decoder.
 *
 * @param prompt what it shows
 * @param seed of the image
 * @param choice the decoder
 * @param tokens its image tokens; none in an evaluation, which leaves them in its file
 * @param statistics of the decoding
 * @param timing where the time went
 * @param identical whether all tokens are those that autoregression generated for this prompt and seed
 * @param sameTokens the share of positions with the token of autoregression
 * @param image the image, unless the comparison was told to forget it
 */
@SuppressWarnings("ArrayRecordComponent") // a result to be read, never compared
public record Run(
        String prompt,
        long seed,
        DecoderChoice choice,
        int[] tokens,
        Statistics statistics,
        GeneratedImage.Timing timing,
        boolean identical,
        double sameTokens,
        @Nullable BufferedImage image) {

    static Run of(
            String prompt, long seed, DecoderChoice choice, GeneratedImage image, int[] baseline, boolean keepImage) {
        int[] tokens = image.tokens();
        int same = 0;
        for (int i = 0; i < tokens.length; i++) {
            same += tokens[i] == baseline[i] ? 1 : 0;
        }
        return new Run(
                prompt,
                seed,
                choice,
                tokens,
                image.statistics(),
                image.timing(),
                same == tokens.length,
                same / (double) tokens.length,
                keepImage ? image.image() : null);
    }

    /** Seconds of the decode loop: forward passes and everything around them, without prompt and pixels. */
    public double decodeSeconds() {
        return timing.model() + timing.sampling();
    }
}
