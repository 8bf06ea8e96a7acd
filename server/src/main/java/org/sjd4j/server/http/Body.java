package org.sjd4j.server.http;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of a request: those of its body, JSON or a form, and some that may stand in the query instead, for clients that cannot add
 * fields of their own to a body. A field that is null is a field that is absent.
 */
public final class Body {
    private static final FormData NO_FORM = new FormData(Map.of(), Map.of());

    private final ObjectNode json;
    private final FormData form;
    private final Exchange exchange;
    private final Set<String> inQuery;

    private Body(ObjectNode json, FormData form, Exchange exchange, Set<String> known, Set<String> inQuery) {
        json.propertyNames().forEach(name -> requireKnown(name, known));
        form.names().forEach(name -> requireKnown(name, known));
        exchange.query().getNames().forEach(name -> requireKnown(name, inQuery));
        this.json = json;
        this.form = form;
        this.exchange = exchange;
        this.inQuery = inQuery;
    }

    /**
     * Reads the body.
     *
     * @param known fields that there are
     * @param inQuery those of them that may be in the query
     * @throws ApiException if there are others: a misspelt field would silently change the image
     */
    public static Body of(Exchange exchange, Set<String> known, Set<String> inQuery) {
        return new Body(exchange.json(), NO_FORM, exchange, known, inQuery);
    }

    /** As {@link #of}, of a body with images: a form with files, or JSON with data URIs. */
    public static Body withImages(Exchange exchange, Set<String> known, Set<String> inQuery) {
        return exchange.isForm()
                ? new Body(Json.empty(), exchange.form(BodyLimits.IMAGES), exchange, known, inQuery)
                : new Body(exchange.json(BodyLimits.IMAGES), NO_FORM, exchange, known, inQuery);
    }

    /** The files of a form's field. */
    public List<byte[]> files(String name) {
        return form.files().getOrDefault(name, List.of());
    }

    /** A value of JSON as it is, or nothing. */
    public Optional<JsonNode> json(String name) {
        return Optional.ofNullable(value(name));
    }

    private static void requireKnown(String name, Set<String> known) {
        if (!known.contains(name)) {
            throw ApiException.field(
                    shortened(name), "unknown_parameter", "Unknown parameter: '%s'.".formatted(shortened(name)));
        }
    }

    private static String shortened(String text) {
        return text.length() <= 64 ? text : text.substring(0, 64) + "...";
    }

    /** A text, or nothing. */
    public @Nullable String text(String name, int longest) {
        JsonNode node = value(name);
        String text = node == null ? asText(name) : node.isString() ? node.stringValue() : wrongType(name, "a string");
        if (text == null) {
            return null;
        }
        if (text.length() > longest) {
            throw invalid(name, "a text of at most %s characters, found %s".formatted(longest, text.length()));
        }
        if (!isText(text)) {
            throw invalid(name, "Unicode text without lone surrogates and NUL characters");
        }
        return text;
    }

    private static boolean isText(String text) {
        return text.codePoints()
                .noneMatch(point -> point == 0 || point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
    }

    /** One of some words, or nothing. */
    public @Nullable String choice(String name, Collection<String> choices) {
        String text = text(name, Integer.MAX_VALUE);
        if (text != null && !choices.contains(text)) {
            throw invalid(name, "one of " + String.join(", ", choices));
        }
        return text;
    }

    /** A whole number, which may stand in a text, as JavaScript knows no others above 2^53 exactly; or nothing. */
    public @Nullable Long wholeOrText(String name, long least, long most) {
        JsonNode node = value(name);
        if (node == null || !node.isString()) {
            return whole(name, least, most);
        }
        String expected = "an integer from %s to %s".formatted(least, most);
        return within(parsed(name, node.stringValue(), Long::valueOf, expected), name, least, most, expected);
    }

    /** A whole number, or nothing. */
    public @Nullable Long whole(String name, long least, long most) {
        JsonNode node = value(name);
        if (node != null && !node.isNumber()) {
            throw ApiException.field(
                    name, "invalid_type", "Invalid type for '%s': expected an integer.".formatted(name));
        }
        String expected = "an integer from %s to %s".formatted(least, most);
        if (node != null && !(node.isIntegralNumber() && node.canConvertToLong())) {
            throw invalid(name, expected);
        }
        Long number =
                node == null ? parsed(name, asText(name), Long::valueOf, expected) : Long.valueOf(node.longValue());
        return within(number, name, least, most, expected);
    }

    private static @Nullable Long within(@Nullable Long number, String name, long least, long most, String expected) {
        if (number != null && (number < least || number > most)) {
            throw invalid(name, expected);
        }
        return number;
    }

    /** A number, or nothing. */
    public @Nullable Double number(String name, double least, double most) {
        JsonNode node = value(name);
        if (node != null && !node.isNumber()) {
            throw ApiException.field(name, "invalid_type", "Invalid type for '%s': expected a number.".formatted(name));
        }
        String expected = "a number from %s to %s".formatted(least, most);
        Double number = node == null
                ? parsed(name, asText(name), Double::valueOf, expected)
                : Double.valueOf(node.doubleValue());
        if (number != null && !(number >= least && number <= most)) {
            throw invalid(name, expected);
        }
        return number;
    }

    /** A truth value, or nothing. */
    public @Nullable Boolean flag(String name) {
        JsonNode node = value(name);
        if (node != null && !node.isBoolean()) {
            throw ApiException.field(
                    name, "invalid_type", "Invalid type for '%s': expected a boolean.".formatted(name));
        }
        if (node != null) {
            return node.booleanValue();
        }
        String text = form.texts().get(name);
        if (text == null) {
            return null;
        }
        if (!text.equals("true") && !text.equals("false")) {
            throw invalid(name, "true or false");
        }
        return Boolean.valueOf(text);
    }

    /** Says that a field's value is not possible. */
    public static ApiException invalid(String name, String expected) {
        return ApiException.field(
                name, "invalid_value", "Invalid value for '%s': expected %s.".formatted(name, expected));
    }

    private @Nullable JsonNode value(String name) {
        JsonNode node = json.get(name);
        return node == null || node.isNull() ? null : node;
    }

    /** A field of the form or of the query. */
    private @Nullable String asText(String name) {
        String text = form.texts().get(name);
        return text == null && inQuery.contains(name) ? exchange.query(name) : text;
    }

    private static <T> @Nullable T parsed(
            String name, @Nullable String text, Function<String, T> parser, String expected) {
        try {
            return text == null ? null : parser.apply(text.strip().toLowerCase(Locale.ROOT));
        } catch (NumberFormatException e) {
            throw invalid(name, expected);
        }
    }

    private static String wrongType(String name, String expected) {
        throw ApiException.field(name, "invalid_type", "Invalid type for '%s': expected %s.".formatted(name, expected));
    }
}
