package org.sjd4j.checkpoint;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * Why a text is no JSON (RFC 8259), in words for who wrote it, and where. It is asked for after a parser has refused a text: what
 * parsers say names their own options and classes, which help nobody who sends a file or a request.
 *
 * @param what is wrong, such as {@code a comma after the last value}
 * @param line from 1
 * @param column from 1, in characters
 */
public record JsonFault(String what, int line, int column) {
    /** The fault of a text in UTF-8 that a parser with the usual limits has refused. */
    public static JsonFault of(byte[] utf8) {
        return of(utf8, JsonLimits.USUAL);
    }

    /** The fault of a text in UTF-8 that a parser has refused. */
    public static JsonFault of(byte[] utf8, JsonLimits limits) {
        var text = CharBuffer.allocate(utf8.length);
        CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8), text, true);
        String decoded = text.flip().toString();
        return result.isError() ? at(decoded, decoded.length(), "bytes that are not UTF-8") : of(decoded, limits);
    }

    /** The fault of a text that a parser with the usual limits has refused. */
    public static JsonFault of(String text) {
        return of(text, JsonLimits.USUAL);
    }

    /** The fault of a text that a parser has refused. */
    public static JsonFault of(String text, JsonLimits limits) {
        try {
            new JsonScan(text, limits).document();
        } catch (JsonScan.Found found) {
            return at(text, found.offset(), found.what());
        }
        return at(text, 0, "a text that is not JSON");
    }

    private static JsonFault at(String text, int offset, String what) {
        int line = 1;
        int begin = 0;
        for (int i = 0; i < offset; i++) {
            if (text.charAt(i) == '\n' || text.charAt(i) == '\r' && !text.startsWith("\n", i + 1)) {
                line++;
                begin = i + 1;
            }
        }
        if (line == 1 && !text.isEmpty() && text.charAt(0) == JsonScan.BYTE_ORDER_MARK && offset > 0) {
            begin = 1; // editors do not show it
        }
        return new JsonFault(what, line, 1 + text.codePointCount(begin, offset));
    }

    /** Fault and place in one phrase. */
    @Override
    public String toString() {
        return "%s (line %s, column %s)".formatted(what, line, column);
    }
}
