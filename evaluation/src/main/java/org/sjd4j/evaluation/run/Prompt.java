package org.sjd4j.evaluation.run;

/**
 * What an image is to show.
 *
 * @param text of the prompt
 * @param category that its source puts it in, or nothing
 */
public record Prompt(String text, String category) {
    /** A prompt without a category. */
    public Prompt(String text) {
        this(text, "");
    }

    /** Whether a text has anything but spaces and characters without a shape. */
    static boolean hasWords(String text) {
        return text.codePoints()
                .anyMatch(c -> !Character.isWhitespace(c)
                        && !Character.isSpaceChar(c)
                        && !Character.isISOControl(c)
                        && Character.getType(c) != Character.FORMAT);
    }
}
