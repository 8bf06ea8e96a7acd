package org.sjd4j.vision;

import org.bytedeco.pytorch.Tensor;

/**
 * A published image tokenizer in memory: images to codes and back.
 *
 * <p>Images are {@code [batch, 3, height, width]} in -1..1, codes {@code [batch, lines, columns]} int64.
 */
public interface ImageTokenizer {
    /** Number of codebook entries. */
    int codes();

    /** Pixels per code along each side. */
    int patch();

    /** Codes to images; values may leave -1..1 a little. */
    Tensor decode(Tensor codes);

    /** What the encoder makes of images, {@code [batch, channels, lines, columns]}, before the last projection. */
    Tensor encoderOutput(Tensor images);

    /** Latents of images before quantisation, {@code [batch, channels, lines, columns]}. */
    Tensor latents(Tensor images);

    /** The nearest codes of latents. */
    Tensor nearest(Tensor latents);

    /** Images, whose sides are multiples of {@link #patch}, to codes. */
    default Tensor encode(Tensor images) {
        return nearest(latents(images));
    }
}
