package org.sjd4j.evaluation.run;

/**
 * What a picture is to show.
 *
 * @param text of the prompt
 * @param category that its source puts it in, or nothing
 */
public record Prompt(String text, String category) {
    /** A prompt without a category. */
    public Prompt(String text) {
        this(text, "");
    }
}
