package org.sjd4j.family;

import java.util.function.Function;
import org.sjd4j.llama.ImageTokenNetwork;

/** What a family makes of a prompt that is all tokens. */
public interface PromptIds {
    /** Ids of what the image shows. */
    int[] conditional(String prompt, ImageSize size);

    /**
     * Ids of what guidance leads away from.
     *
     * @param negativePrompt may be blank
     */
    int[] unconditional(String prompt, String negativePrompt, ImageSize size);

    /**
     * A reader of these ids.
     *
     * @param rows turns ids into rows
     */
    default PromptReader reader(Function<int[], ImageTokenNetwork.Prompt> rows) {
        return new PromptReader() {
            @Override
            public ImageTokenNetwork.Prompt conditional(String prompt, ImageSize size) {
                return rows.apply(PromptIds.this.conditional(prompt, size));
            }

            @Override
            public ImageTokenNetwork.Prompt unconditional(String prompt, String negativePrompt, ImageSize size) {
                return rows.apply(PromptIds.this.unconditional(prompt, negativePrompt, size));
            }
        };
    }
}
