package org.sjd4j.io;

import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;

/** Text that somebody wrote, made fit for a message: short, on one line, and without characters that steer a terminal. */
public final class Excerpt {
    private static final int LONGEST = 80;
    private static final int LONGEST_WORD = 40;
    private static final int MOST_WORDS = 10;

    /** These join letters in Persian, Hindi and emoji, and do no harm. */
    private static final String JOINERS = "\u200C\u200D";

    private Excerpt() {}

    /** The beginning of a text, with every hidden character as an escape. */
    public static String of(String text) {
        return of(text, LONGEST);
    }

    /**
     * The beginning of a text, with every hidden character as an escape.
     *
     * @param most code points of the text; dots stand for what follows
     */
    public static String of(String text, int most) {
        boolean whole = text.length() <= most || text.codePointCount(0, text.length()) <= most;
        return visible(whole ? text : text.substring(0, text.offsetByCodePoints(0, most))) + (whole ? "" : "...");
    }

    /**
     * Both ends of a message that quotes something long, with every hidden character as an escape. What to do stands at the end
     * of messages.
     *
     * @param most code points of the message, half of them from its end
     */
    public static String ends(String message, int most) {
        int length = message.codePointCount(0, message.length());
        if (length <= most) {
            return visible(message);
        }
        return of(message, most - most / 2)
                + visible(message.substring(message.offsetByCodePoints(0, length - most / 2)));
    }

    /** Words in a row, the first ones of them if there are many. */
    public static String list(Collection<String> words) {
        String first = words.stream()
                .limit(MOST_WORDS)
                .map(word -> of(word, LONGEST_WORD))
                .collect(Collectors.joining(", "));
        return words.size() <= MOST_WORDS ? first : first + " and " + (words.size() - MOST_WORDS) + " more";
    }

    /** The whole text, with every hidden character as an escape. */
    public static String visible(String text) {
        if (text.codePoints().noneMatch(Excerpt::isHidden)) {
            return text;
        }
        var shown = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (isHidden(c)) {
                shown.append(escape(c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return shown.toString();
    }

    /** Whether a character shows nothing and does something: controls, line breaks, directions, halves of characters. */
    public static boolean isHidden(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE ->
                true;
            case Character.FORMAT -> JOINERS.indexOf(codePoint) < 0;
            default -> false;
        };
    }

    private static String escape(int c) {
        return switch (c) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> String.format(Locale.ROOT, c <= 0xffff ? "\\u%04x" : "\\u{%x}", c);
        };
    }
}
