package org.sjd4j.server.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.sjd4j.checkpoint.JsonFault;
import org.sjd4j.checkpoint.JsonLimits;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON as the server reads and writes it: names in snake case, no duplicate keys, limits on depth and numbers. */
public final class Json {
    private static final JsonLimits LIMITS = new JsonLimits(32, 40, true);
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(LIMITS.deepest())
                            .maxNumberLength(LIMITS.longestNumber())
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .changeDefaultPropertyInclusion(inclusion -> inclusion.withValueInclusion(JsonInclude.Include.ALWAYS))
            .build();

    private Json() {}

    /** An object without fields. */
    static ObjectNode empty() {
        return MAPPER.createObjectNode();
    }

    /** A value as JSON text. */
    public static String write(Object value) {
        return MAPPER.writeValueAsString(value);
    }

    /** JSON text of our own as a value. */
    public static <T> T read(String text, Class<T> type) {
        return MAPPER.readValue(text, type);
    }

    /**
     * A client's JSON object in UTF-8.
     *
     * @throws ApiException if it is none
     */
    public static ObjectNode object(byte[] utf8) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed(JsonFault.of(utf8, LIMITS));
        }
        return object(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text);
    }

    private static ObjectNode object(String text) {
        JsonNode node;
        try {
            node = MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw malformed(JsonFault.of(text, LIMITS));
        }
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw ApiException.request(400, "invalid_json", "The body of the request must be a JSON object.");
    }

    private static ApiException malformed(JsonFault fault) {
        return ApiException.request(
                400, "invalid_json", "We could not parse the JSON body of your request: found %s.".formatted(fault));
    }
}
