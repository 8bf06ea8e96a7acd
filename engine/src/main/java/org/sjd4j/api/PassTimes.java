package org.sjd4j.api;

/**
 * How long forward passes of some number of rows take, at positions spread over a whole image.
 *
 * @param network seconds of each pass of the network alone, its input ready and its logits left where they are
 * @param step seconds of each pass as a decoder sees it: tokens in, distributions out
 */
@SuppressWarnings("ArrayRecordComponent") // figures to be read, never compared
public record PassTimes(double[] network, double[] step) {}
