package org.sjd4j.spring;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;
import org.sjd4j.api.Request;

/**
 * An image while it is generated: its accepted tokens, the drafts behind them, and for the rest a repetition of what is above.
 *
 * @param request what is generated
 * @param image index of the image among those of its call
 * @param index of this preview among those of its image, from 0
 * @param step forward passes so far
 * @param accepted tokens so far
 * @param tokens of the whole image
 * @param pixels of the preview
 */
public record ImagePreview(
        Request request, int image, int index, int step, int accepted, int tokens, BufferedImage pixels) {
    /** The pixels as a PNG file. */
    public byte[] png() {
        var bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(pixels, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot encode a PNG in memory", e);
        }
        return bytes.toByteArray();
    }
}
