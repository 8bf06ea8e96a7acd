package org.sjd4j.spring;

import java.util.List;
import org.springframework.ai.image.ImageGenerationMetadata;

/**
 * How an image came about.
 *
 * @param seed makes the same image again, with the same other options
 * @param decoder name of the decoder
 * @param tokens of the image
 * @param steps forward passes
 * @param tokensPerStep accepted tokens of a forward pass on average; autoregression has 1
 * @param seconds from its first step to the image, without waiting
 * @param unknownWords words of the prompt that the model never saw
 */
public record Sjd4jImageMetadata(
        long seed,
        String decoder,
        int tokens,
        int steps,
        double tokensPerStep,
        double seconds,
        List<String> unknownWords)
        implements ImageGenerationMetadata {}
