package org.sjd4j.checkpoint;

/**
 * What a parser of JSON takes less of than the grammar allows.
 *
 * @param deepest nesting of objects and arrays
 * @param longestNumber in characters
 * @param uniqueNames whether an object's names must differ
 */
public record JsonLimits(int deepest, int longestNumber, boolean uniqueNames) {
    /** Those of Jackson as it comes. */
    public static final JsonLimits USUAL = new JsonLimits(500, 1000, false);
}
