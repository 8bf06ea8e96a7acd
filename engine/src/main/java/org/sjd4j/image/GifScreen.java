package org.sjd4j.image;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;

/**
 * Where the first frame of a GIF file stands on the file's screen. What it leaves open is transparent, or else of the palette's
 * first colour, as in Pillow.
 *
 * @param width of the screen, which grows where the frame exceeds it
 * @param height of the screen
 * @param left column at which the frame begins
 * @param top line at which the frame begins
 */
record GifScreen(int width, int height, int left, int top) {
    private static final String FORMAT = "javax_imageio_gif_image_1.0";
    private static final int SIZE_AT = 6;

    /**
     * The screen of a file.
     *
     * @param head the file's first bytes
     * @throws IOException if the file is malformed
     */
    static GifScreen of(byte[] head, ImageReader reader) throws IOException {
        var size = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        var frame = (IIOMetadataNode) reader.getImageMetadata(0).getAsTree(FORMAT);
        var place =
                (IIOMetadataNode) frame.getElementsByTagName("ImageDescriptor").item(0);
        int left = Integer.parseInt(place.getAttribute("imageLeftPosition"));
        int top = Integer.parseInt(place.getAttribute("imageTopPosition"));
        return new GifScreen(
                Math.max(Short.toUnsignedInt(size.getShort(SIZE_AT)), left + reader.getWidth(0)),
                Math.max(Short.toUnsignedInt(size.getShort(SIZE_AT + 2)), top + reader.getHeight(0)),
                left,
                top);
    }

    /** The screen with the frame on it. */
    BufferedImage with(BufferedImage frame, Alpha alpha) throws IOException {
        var image = Rgb.stored(frame, alpha);
        if (image.getWidth() == width && image.getHeight() == height) {
            return image;
        }
        var screen = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int background = background((IndexColorModel) frame.getColorModel(), alpha);
        Arrays.fill(((DataBufferInt) screen.getRaster().getDataBuffer()).getData(), background);
        screen.getRaster().setRect(left, top, image.getRaster());
        return screen;
    }

    private static int background(IndexColorModel palette, Alpha alpha) {
        return alpha.opaque(palette.getRGB(Math.max(palette.getTransparentPixel(), 0)));
    }
}
