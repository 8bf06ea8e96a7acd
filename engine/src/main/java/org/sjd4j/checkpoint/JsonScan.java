package org.sjd4j.checkpoint;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.CheckpointException;

/** Reads a text until something is wrong. Nothing here recurses: nesting is a stack. */
final class JsonScan {
    static final char BYTE_ORDER_MARK = '\uFEFF';

    private static final Pattern NOT_FINITE = Pattern.compile("(?i)-?(nan|inf|infinity)");
    private static final Pattern OTHER_LANGUAGE = Pattern.compile("(?i)true|false|null|none|nil|undefined");
    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
    private static final String TYPOGRAPHIC_QUOTES = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2033";
    private static final String ESCAPES = "\"\\/bfnrt";
    private static final String ESCAPED = "\"\\/\b\f\n\r\t";

    private final String text;
    private final JsonLimits limits;
    private final Deque<Open> open = new ArrayDeque<>();
    private int at;

    /** Ends a scan. */
    static final class Found extends Exception {
        private final int offset;
        private final String what;

        Found(int offset, String what) {
            super(what, null, false, false);
            this.offset = offset;
            this.what = what;
        }

        int offset() {
            return offset;
        }

        String what() {
            return what;
        }
    }

    /** An object or array that is not closed yet; {@code names} is for objects. */
    private static final class Open {
        private final char closing;
        private final @Nullable Set<String> names;
        private boolean filled;

        Open(char opening) {
            closing = opening == '{' ? '}' : ']';
            names = opening == '{' ? new HashSet<>() : null;
        }
    }

    JsonScan(String text, JsonLimits limits) {
        this.text = text;
        this.limits = limits;
    }

    void document() throws Found {
        at = text.indexOf(BYTE_ORDER_MARK) == 0 ? 1 : 0;
        value();
        while (!open.isEmpty()) {
            Open inner = open.element();
            skipSpace();
            if (peek() == inner.closing) {
                at++;
                open.pop();
                continue;
            }
            if (inner.filled) {
                comma(inner.closing);
            }
            inner.filled = true;
            if (inner.names != null) {
                name(inner.names);
            }
            value();
        }
        skipSpace();
        requireNoComment();
        if (at < text.length()) {
            throw found("more after the end of the JSON value");
        }
    }

    private void comma(char closing) throws Found {
        int comma = at;
        require(',', "a comma or '%s'".formatted(closing));
        skipSpace();
        if (peek() == closing) {
            throw new Found(comma, "a comma after the last value");
        }
    }

    private void name(Set<String> names) throws Found {
        int begin = at;
        String name = name();
        if (!names.add(name) && limits.uniqueNames()) {
            throw new Found(
                    begin, "the name %s for the second time in one object".formatted(CheckpointException.quote(name)));
        }
        skipSpace();
        require(':', "a colon");
    }

    private void require(char sign, String what) throws Found {
        requireMore();
        requireNoComment();
        if (peek() != sign) {
            throw found("%s, where %s belongs".formatted(shown(), what));
        }
        at++;
    }

    /** A value; of an object or array only the beginning. */
    private void value() throws Found {
        skipSpace();
        requireMore();
        char first = peek();
        if (first == '"') {
            var _ = string();
        } else if (first == '{' || first == '[') {
            if (open.size() == limits.deepest()) {
                throw found("more than %s levels of nesting".formatted(limits.deepest()));
            }
            open.push(new Open(first));
            at++;
        } else {
            scalar();
        }
    }

    private String name() throws Found {
        requireMore();
        if (peek() == '"') {
            return string();
        }
        requireNoComment();
        requireNoOtherQuote();
        String word = word();
        throw found(
                word.isEmpty()
                        ? "%s, where a name in double quotes belongs".formatted(shown())
                        : "the name %s without double quotes".formatted(CheckpointException.quote(word)));
    }

    private String string() throws Found {
        int begin = at++;
        var string = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '"') {
                return string.toString();
            }
            if (c < ' ') {
                throw new Found(at - 1, control(c));
            }
            string.append(c == '\\' ? escaped() : c);
        }
        throw new Found(begin, "a string that does not end");
    }

    private static String control(char c) {
        return switch (c) {
            case '\n', '\r' -> "a line break in a string, which is written as \\n";
            case '\t' -> "a tab in a string, which is written as \\t";
            default ->
                String.format(
                        Locale.ROOT,
                        "the control character U+%04X in a string, which is written as \\u%04x",
                        (int) c,
                        (int) c);
        };
    }

    private char escaped() throws Found {
        int backslash = at - 1;
        char kind = at < text.length() ? text.charAt(at++) : ' ';
        if (kind != 'u') {
            int which = ESCAPES.indexOf(kind);
            if (which < 0) {
                throw new Found(backslash, "a backslash in a string, which is written as \\\\");
            }
            return ESCAPED.charAt(which);
        }
        String digits = text.substring(at, Math.min(text.length(), at + 4));
        if (!digits.matches("[0-9a-fA-F]{4}")) {
            throw new Found(backslash, "\\u without four hexadecimal digits");
        }
        at += 4;
        return (char) HexFormat.fromHexDigits(digits);
    }

    private void scalar() throws Found {
        requireNoComment();
        requireNoOtherQuote();
        String word = word();
        if (word.equals("true") || word.equals("false") || word.equals("null")) {
            at += word.length();
        } else if (NUMBER.matcher(word).matches()) {
            if (word.length() > limits.longestNumber()) {
                throw found("a number of more than %s characters".formatted(limits.longestNumber()));
            }
            at += word.length();
        } else if (word.isEmpty()) {
            throw found("%s, where a value belongs".formatted(shown()));
        } else {
            throw found(wrong(word));
        }
    }

    private static String wrong(String word) {
        String shown = CheckpointException.quote(word);
        if (NOT_FINITE.matcher(word).matches()) {
            return shown + ", which is no number in JSON: numbers are finite";
        }
        if (OTHER_LANGUAGE.matcher(word).matches()) {
            return shown + ", where JSON has true, false and null";
        }
        if (word.matches("-?0[0-9].*")) {
            return "the number %s with a leading zero".formatted(shown);
        }
        if (word.startsWith("+")) {
            return "the number %s with a plus sign".formatted(shown);
        }
        return word.matches("[-.]?[0-9].*|-.*|\\..*")
                ? shown + ", which is no number in JSON"
                : "the word %s without double quotes".formatted(shown);
    }

    /** What stands here without a space or a sign of JSON in it. */
    private String word() {
        int end = at;
        while (end < text.length()
                && (Character.isLetterOrDigit(text.charAt(end)) || "+-._$".indexOf(text.charAt(end)) >= 0)) {
            end++;
        }
        return text.substring(at, end);
    }

    private void requireNoComment() throws Found {
        if (text.startsWith("//", at) || text.startsWith("/*", at) || text.startsWith("#", at)) {
            throw found("a comment, which JSON does not have");
        }
    }

    private void requireNoOtherQuote() throws Found {
        if (at < text.length() && (peek() == '\'' || peek() == '`')) {
            throw found("%s, where JSON has double quotes".formatted(shown()));
        }
        if (at < text.length() && TYPOGRAPHIC_QUOTES.indexOf(peek()) >= 0) {
            throw found("%s, where JSON has straight double quotes".formatted(shown()));
        }
    }

    private void requireMore() throws Found {
        if (at == text.length()) {
            Open inner = open.peek();
            throw found(
                    inner == null
                            ? "the end of the text, where a value belongs"
                            : "the end of the text, before the '%s' that closes an %s"
                                    .formatted(inner.closing, inner.closing == '}' ? "object" : "array"));
        }
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    /** The character here, or NUL at the end, which is no character of JSON. */
    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private String shown() {
        int c = text.codePointAt(at);
        boolean visible = !Character.isISOControl(c)
                && !Character.isWhitespace(c)
                && !Character.isSpaceChar(c)
                && Character.getType(c) != Character.FORMAT
                && Character.getType(c) != Character.SURROGATE;
        return visible ? "'" + Character.toString(c) + "'" : String.format(Locale.ROOT, "the character U+%04X", c);
    }

    private Found found(String what) {
        return new Found(at, what);
    }
}
