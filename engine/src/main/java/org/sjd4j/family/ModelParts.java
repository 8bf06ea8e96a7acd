package org.sjd4j.family;

import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.vision.ImageTokenizer;

/**
 * A published model taken apart, for training. Nothing of it may be written to, for its weights lie in their files; all
 * calls must come from the thread that loaded it.
 */
public interface ModelParts extends AutoCloseable {

    /** Tokens to rows, rows to logits. */
    ImageTokenNetwork network();

    /** Images to codes. */
    ImageTokenizer imageTokenizer();

    /** Rows of what an image shows. */
    ImageTokenNetwork.Prompt conditional(String prompt, ImageSize size);

    /** Rows of the model's own unconditional prompt, of which some families want to know the other one. */
    ImageTokenNetwork.Prompt unconditional(String prompt, ImageSize size);

    /** Frees the parts. */
    @Override
    void close();
}
