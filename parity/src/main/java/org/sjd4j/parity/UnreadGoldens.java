package org.sjd4j.parity;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Golden tensors that no check reads on purpose, and why. */
final class UnreadGoldens {
    /** What is said of a tensor that is not among them. */
    static final String UNKNOWN = "no check knows it";

    private static final Map<Pattern, String> REASONS = reasons();

    private UnreadGoldens() {}

    private static Map<Pattern, String> reasons() {
        var reasons = new LinkedHashMap<Pattern, String>();
        reasons.put(
                Pattern.compile("(?:de|en)code\\.tap\\..*"),
                "inside an image tokenizer, whose ends are compared: latents, codes and images");
        reasons.put(
                Pattern.compile("forward\\.tap\\.layers\\.\\d+\\.[qk]_norm"),
                "inside attention, whose output is compared");
        reasons.put(
                Pattern.compile("encode\\.margin"), "says how firm the codes are, which are compared and must agree");
        reasons.put(
                Pattern.compile("encode\\.codes_hf"),
                "Transformers forgets to bring latents to unit length; the codes of the original are compared");
        return reasons;
    }

    /** Why no check reads a tensor. */
    static String reason(String name) {
        return REASONS.entrySet().stream()
                .filter(entry -> entry.getKey().matcher(name).matches())
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(UNKNOWN);
    }
}
