package org.sjd4j.family;

import org.sjd4j.decode.RasterLayout;
import org.sjd4j.text.TextTokenizer;

/** What a family says of the prompts and the tokens of its images. */
interface PromptLimits {
    /** The order of an image's tokens. */
    RasterLayout layout(ImageSize size);

    /** Tokens that the model reads of a prompt, without what its template adds. */
    int promptTokens(TextTokenizer text, String prompt);

    /** Tokens that a prompt may have before an image of a size. */
    int longestPrompt(TextTokenizer text, ImageSize size);
}
