package org.sjd4j.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import javax.imageio.ImageReader;

/**
 * What is special about JPEG files. The JDK's reader is libjpeg 6b, whose inverse transform and smoothing are those of
 * libjpeg-turbo, but for one case ({@link JpegLines}): components come out equal. The reader's colours would not, so that
 * {@link JpegColours} makes them.
 */
final class JpegImage {
    private JpegImage() {}

    /** The image, upright. */
    static BufferedImage read(ImageReader reader, byte[] file) throws IOException {
        var header = JpegHeader.of(file);
        JpegHeader.requireWhole(file);
        return header.orientation().upright(JpegColours.image(reader.readRaster(0, null), header));
    }
}
