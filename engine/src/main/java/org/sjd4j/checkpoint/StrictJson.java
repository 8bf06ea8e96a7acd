package org.sjd4j.checkpoint;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.CheckpointException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * A cursor over JSON from an untrusted file. It accepts exactly one object in well-formed UTF-8 without duplicate keys
 * at any level; every violation is a {@link CheckpointException}. Nesting, numbers and names are limited, and nothing
 * here recurses.
 */
final class StrictJson {

    /** The reference library's limit for a header (tensor.rs, {@code MAX_HEADER_SIZE}). */
    static final int LONGEST_DOCUMENT = 100_000_000;

    private static final JsonLimits LIMITS =
            new JsonLimits(128, 32, true); // nesting as serde_json has it, under the reference library

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(LIMITS.deepest())
                    .maxNumberLength(LIMITS.longestNumber())
                    .maxStringLength(LONGEST_DOCUMENT)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            // the shared symbol table refuses many names with equal hashes, and most names occur only once here
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .build();

    private final JsonParser parser;
    private final String source;
    private final String advice;

    private StrictJson(JsonParser parser, String source, String advice) {
        this.parser = parser;
        this.source = source;
        this.advice = advice;
    }

    /**
     * Reads one document.
     *
     * @param source where the bytes come from, for messages
     * @param advice what to do if they are malformed, for messages
     * @param body reads the object's members; the cursor stands on the opening brace
     */
    static <T> T read(byte[] utf8, String source, String advice, Function<StrictJson, T> body) {
        // Decoding here, strictly: the byte-based parser guesses UTF-16 and UTF-32 and lets malformed UTF-8 pass.
        var reader = new InputStreamReader(new ByteArrayInputStream(utf8), StandardCharsets.UTF_8.newDecoder());
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), reader)) {
            var json = new StrictJson(parser, source, advice);
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw json.unexpected("a JSON object");
            }
            T result = body.apply(json);
            if (parser.nextToken() != null) {
                throw json.malformed("more after the closing brace", "only spaces there");
            }
            return result;
        } catch (JacksonException e) {
            throw new CheckpointException(
                    source,
                    "malformed JSON: " + JsonFault.of(utf8, LIMITS),
                    "one JSON object in UTF-8 without duplicate keys",
                    advice,
                    e);
        }
    }

    /** Moves to the next member of the current object, then onto its value. Null at the end of the object. */
    @Nullable
    String nextMember() {
        String name = parser.nextName();
        if (name == null) {
            return null;
        }
        parser.nextToken();
        return wellFormed(name);
    }

    /** The current value, {@code member} of the thing called {@code owner}, which must open an object. */
    void object(String member, String owner) {
        if (!parser.hasToken(JsonToken.START_OBJECT)) {
            throw unexpected(member + " " + quote(owner) + " to be an object");
        }
    }

    /** The current value, which must be a string. */
    String string(String member, String owner) {
        if (!parser.hasToken(JsonToken.VALUE_STRING)) {
            throw unexpected(member + " " + quote(owner) + " to be a string");
        }
        return wellFormed(parser.getString());
    }

    /** The current value, which must be an array of at most {@code most} integers in 0 to 2^63 - 1. */
    long[] naturals(String member, String owner, int most) {
        long[] values = new long[most];
        int count = 0;
        boolean natural = parser.hasToken(JsonToken.START_ARRAY);
        while (natural && parser.nextToken() != JsonToken.END_ARRAY) {
            natural = count < most
                    && parser.hasToken(JsonToken.VALUE_NUMBER_INT)
                    && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                    && !parser.getString().startsWith("-");
            if (natural) {
                values[count++] = parser.getLongValue();
            }
        }
        if (!natural) {
            throw unexpected(member + " " + quote(owner) + " to be at most " + most + " integers, each 0 to 2^63 - 1");
        }
        return Arrays.copyOf(values, count);
    }

    /** Passes over the current value, whatever it is. */
    void skip() {
        parser.skipChildren();
    }

    /** The document is not what it should be. */
    CheckpointException malformed(String found, String expected) {
        return new CheckpointException(source, found, expected, advice);
    }

    /** Whether every surrogate is paired, so that UTF-8 can hold the text. */
    static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (i + 1 == text.length() || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    private String wellFormed(String text) {
        if (!isWellFormed(text)) {
            throw malformed("a lone surrogate in the string " + quote(text), "Unicode text");
        }
        return text;
    }

    /** The current value is not what it should be. Messages are put together only here, when it is too late for speed. */
    private CheckpointException unexpected(String expected) {
        JsonToken found = parser.currentToken();
        String text = found == null ? "nothing" : found.isScalarValue() ? quote(parser.getString()) : found.name();
        return malformed(text, expected);
    }
}
