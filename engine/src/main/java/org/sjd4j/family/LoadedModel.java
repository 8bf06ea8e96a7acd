package org.sjd4j.family;

import java.awt.image.BufferedImage;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.ImageTokenNetwork;

/**
 * A model and its image tokenizer in memory. Unless they say otherwise, calls must come from the {@link org.sjd4j.tensor.OwnerThread} that loaded it
 * or from helpers of that thread, which may call at the same time for different images.
 */
public interface LoadedModel extends AutoCloseable {

    /**
     * Begins an image: reads the prompts.
     *
     * @param negativePrompt what guidance leads away from; blank for the model's own unconditional prompt
     */
    ImageSession begin(String prompt, String negativePrompt, Sampling sampling, ImageSize size);

    /** Tokens to rows, rows to logits: for training. Nothing of it may be written to. */
    ImageTokenNetwork network();

    /** Tokens that the model reads of a prompt, without what its template adds. Any thread may ask. */
    int promptTokens(String prompt);

    /**
     * Tokens that a prompt may have before an image of a size: what the model's positions leave room for. {@link
     * Integer#MAX_VALUE} if it reads any prompt, leaving out what is too much. Any thread may ask.
     */
    int longestPrompt(ImageSize size);

    /**
     * Turns an image's tokens into pixels.
     *
     * @param tokens all of them, structural ones included
     */
    BufferedImage image(int[] tokens, ImageSize size);

    /**
     * Turns an image into the tokens that stand for it most closely.
     *
     * @param image of the size
     * @return all of them, structural ones included
     */
    int[] tokens(BufferedImage image, ImageSize size);

    /** Frees the weights. */
    @Override
    void close();
}
