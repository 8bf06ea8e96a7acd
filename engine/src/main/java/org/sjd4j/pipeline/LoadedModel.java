package org.sjd4j.pipeline;

import java.awt.image.BufferedImage;
import org.sjd4j.decode.Sampling;
import org.sjd4j.model.PictureSession;

/** A model and its image tokenizer in memory. All calls must come from the thread that loaded it. */
public interface LoadedModel extends AutoCloseable {

    /**
     * Begins a picture: reads the prompts.
     *
     * @param negativePrompt what guidance leads away from; blank for the model's own unconditional prompt
     */
    PictureSession begin(String prompt, String negativePrompt, Sampling sampling, PictureSize size);

    /**
     * Turns a picture's tokens into pixels.
     *
     * @param tokens all of them, structural ones included
     */
    BufferedImage image(int[] tokens, PictureSize size);

    /** Frees the weights. */
    @Override
    void close();
}
