package org.sjd4j.text;

import java.text.Normalizer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The repairs of text that the library ftfy makes, except for the one that it is known for: text that was decoded with the
 * wrong encoding stays as it is.
 */
final class TextRepair {
    private static final Pattern ESCAPES = Pattern.compile("\\x1b\\[[\\d;]*[a-zA-Z]");
    private static final Pattern LIGATURES = Pattern.compile("[ĲĳŉǄ-ǌǱ-ǳﬀ-ﬆ]");
    private static final Pattern OTHER_WIDTHS = Pattern.compile("[\\u3000\\uff01-\\uffee]");
    private static final Pattern SINGLE_QUOTES = Pattern.compile("[\\u02bc\\u2018-\\u201b]");
    private static final Pattern DOUBLE_QUOTES = Pattern.compile("[\\u201c-\\u201f]");
    private static final Pattern LINE_BREAKS = Pattern.compile("\\r\\n|[\\r\\u2028\\u2029\\u0085]");
    private static final Pattern CONTROLS =
            Pattern.compile("[\\u0000-\\u0008\\u000b\\u000e-\\u001f\\u007f\\u206a-\\u206f\\ufeff\\ufff9-\\ufffc]");

    private TextRepair() {}

    /** One width of characters, plain quotes, no ligatures, escapes or controls, composed accents. */
    static String of(String text) {
        String repaired = ESCAPES.matcher(text).replaceAll("");
        repaired = compatible(repaired, LIGATURES);
        repaired = compatible(repaired, OTHER_WIDTHS);
        repaired = SINGLE_QUOTES.matcher(repaired).replaceAll("'");
        repaired = DOUBLE_QUOTES.matcher(repaired).replaceAll("\"");
        repaired = LINE_BREAKS.matcher(repaired).replaceAll("\n");
        repaired = CONTROLS.matcher(repaired).replaceAll("");
        return Normalizer.normalize(repaired, Normalizer.Form.NFC);
    }

    /** The plain form of some characters. */
    private static String compatible(String text, Pattern characters) {
        return characters
                .matcher(text)
                .replaceAll(
                        found -> Matcher.quoteReplacement(Normalizer.normalize(found.group(), Normalizer.Form.NFKC)));
    }
}
