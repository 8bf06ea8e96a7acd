package org.sjd4j.decode;

/**
 * A decoded image.
 *
 * @param tokens one id for each position, structural tokens included
 * @param statistics what it took
 */
@SuppressWarnings("ArrayRecordComponent") // a result to be read, never compared
public record Decoded(int[] tokens, Statistics statistics) {}
