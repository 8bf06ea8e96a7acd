package org.sjd4j.io;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Settings of decoders that existed before December 2026 and had no measured use. Files and commands of that time still
 * name them. They are read where they changed nothing, and refused where they did.
 */
public final class FormerSettings {
    private static final Map<String, String> NEUTRAL = Collections.unmodifiableMap(
            new TreeMap<>(Map.of("entry_level", "all", "guided_rows", "all", "row_cleaning_threshold", "0.0")));

    private static final Pattern ZERO = Pattern.compile("0+(\\.0*)?");

    private FormerSettings() {}

    /** Their names in files, with the values in which they changed nothing. */
    public static Map<String, String> neutral() {
        return NEUTRAL;
    }

    /** Whether a value changed nothing. */
    public static boolean isNeutral(String name, String value) {
        String neutral = NEUTRAL.get(name);
        return neutral != null
                && (value.equals(neutral)
                        || ZERO.matcher(neutral).matches()
                                && ZERO.matcher(value).matches());
    }

    /**
     * Checks that a value changed nothing.
     *
     * @throws IllegalArgumentException if it did
     */
    public static void require(String name, String value) {
        if (!isNeutral(name, value)) {
            throw new IllegalArgumentException("%s is %s, and this setting does not exist any more; leave it out"
                    .formatted(name.replace('_', '-'), value));
        }
    }
}
