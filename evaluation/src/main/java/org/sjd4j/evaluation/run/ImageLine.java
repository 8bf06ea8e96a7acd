package org.sjd4j.evaluation.run;

import com.fasterxml.jackson.annotation.JsonUnwrapped;

/**
 * A line of the file of an evaluation's images. Tokens stay there: those of thousands of large images are gigabytes, and few
 * figures need them.
 *
 * @param image how the image was made
 * @param tokenIds its tokens
 */
@SuppressWarnings("ArrayRecordComponent") // a line of a file, never compared
public record ImageLine(@JsonUnwrapped ImageRecord image, int[] tokenIds) {}
