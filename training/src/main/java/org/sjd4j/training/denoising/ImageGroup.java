package org.sjd4j.training.denoising;

import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.llama.ImageTokenNetwork;

/**
 * Captioned images whose prompts have as many rows, so that they are read together.
 *
 * @param tokens of the whole images, structural ones included, {@code [images, length]} int64
 * @param prompt reads the prompts, {@code [images, n, hidden]}, by the network as it is at that moment
 * @param <N> the network that can read them
 */
record ImageGroup<N extends ImageTokenNetwork>(Tensor tokens, Function<N, ImageTokenNetwork.Prompt> prompt) {
    /** Number of images. */
    int size() {
        return Math.toIntExact(tokens.size(0));
    }
}
