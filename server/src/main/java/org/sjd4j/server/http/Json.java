package org.sjd4j.server.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON as the server reads and writes it: names in snake case, no duplicate keys, limits on depth and numbers. */
public final class Json {
    private static final int DEEPEST = 32;
    private static final int LONGEST_NUMBER = 40;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEEPEST)
                            .maxNumberLength(LONGEST_NUMBER)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .changeDefaultPropertyInclusion(inclusion -> inclusion.withValueInclusion(JsonInclude.Include.ALWAYS))
            .build();

    private Json() {}

    /** A value as JSON text. */
    public static String write(Object value) {
        return MAPPER.writeValueAsString(value);
    }

    /** JSON text of our own as a value. */
    public static <T> T read(String text, Class<T> type) {
        return MAPPER.readValue(text, type);
    }

    /** Why a text is no JSON, as far as that has no names of classes. */
    private static String reason(JacksonException failure) {
        if (failure instanceof StreamConstraintsException) {
            return "too deep, or a number too long";
        }
        return failure instanceof StreamReadException ? failure.getOriginalMessage() : "more than one value";
    }

    /**
     * A client's JSON object.
     *
     * @throws ApiException if it is none
     */
    public static ObjectNode object(String text) {
        JsonNode node;
        try {
            node = MAPPER.readTree(text);
        } catch (JacksonException e) {
            var at = e.getLocation();
            String place = at == null ? "" : ", line %s, column %s".formatted(at.getLineNr(), at.getColumnNr());
            throw ApiException.request(
                    400,
                    "invalid_json",
                    "We could not parse the JSON body of your request (%s%s).".formatted(reason(e), place));
        }
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw ApiException.request(400, "invalid_json", "The body of the request must be a JSON object.");
    }
}
