package org.sjd4j.family;

import org.sjd4j.llama.ImageTokenNetwork;

/** What a family makes of a prompt. */
public interface PromptReader {
    /** Rows of what the image shows. */
    ImageTokenNetwork.Prompt conditional(String prompt, ImageSize size);

    /**
     * Rows of what guidance leads away from.
     *
     * @param negativePrompt may be blank
     */
    ImageTokenNetwork.Prompt unconditional(String prompt, String negativePrompt, ImageSize size);
}
