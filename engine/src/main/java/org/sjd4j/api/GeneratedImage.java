package org.sjd4j.api;

import java.awt.image.BufferedImage;
import java.util.List;
import org.sjd4j.decode.Statistics;

/**
 * An image and how it came about.
 *
 * @param image the pixels
 * @param tokens its image tokens in raster order
 * @param statistics of the decoding
 * @param timing where the time went
 * @param unknownWords words of the prompt that the model never saw
 * @param droppedWords how many known words found no room in the prompt
 */
@SuppressWarnings("ArrayRecordComponent") // read, never compared
public record GeneratedImage(
        BufferedImage image,
        int[] tokens,
        Statistics statistics,
        Timing timing,
        List<String> unknownWords,
        int droppedWords) {

    /**
     * Seconds by phase.
     *
     * @param prefill reading the prompt
     * @param model forward passes of decoding
     * @param sampling everything else of decoding
     * @param imageDecode tokens to pixels
     * @param total from request to image
     */
    public record Timing(double prefill, double model, double sampling, double imageDecode, double total) {}
}
