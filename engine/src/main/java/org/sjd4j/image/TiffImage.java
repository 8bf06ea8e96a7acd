package org.sjd4j.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.imageio.ImageReader;

/** What is special about TIFF files: many meanings of numbers, palettes of 16 bits, and the orientation as a tag. */
final class TiffImage {
    private static final int JPEG = 7;
    private static final int PALETTE = 3;
    private static final int CMYK = 5;
    private static final int YCC = 6;
    private static final int COLOURS = 3;

    private TiffImage() {}

    /** The first page, upright. */
    static BufferedImage read(ImageReader reader, byte[] file, Alpha alpha) throws IOException {
        var directory = TiffDirectory.of(ByteBuffer.wrap(file));
        directory.requireWhole();
        long meaning = directory.number(TiffDirectory.PHOTOMETRIC, -1);
        boolean known = meaning >= 0 && meaning <= PALETTE || meaning == CMYK || meaning == YCC;
        if (!known || meaning == CMYK && directory.number(TiffDirectory.COMPRESSION, 1) == JPEG) {
            throw new IOException("its colours are neither grey nor RGB, and not simple CMYK");
        }
        var page = reader.read(0);
        int[] levels = directory.shorts(TiffDirectory.COLOR_MAP);
        boolean indexed = meaning == PALETTE && page.getColorModel() instanceof IndexColorModel;
        if (indexed && levels.length >= COLOURS) {
            page = new BufferedImage(palette(levels), page.getRaster(), false, null);
        }
        return directory.orientation().upright(Rgb.stored(page, alpha));
    }

    /** The upper bytes of a colour map: all reds, all greens, all blues. */
    private static IndexColorModel palette(int[] levels) {
        int size = levels.length / COLOURS;
        byte[][] bytes = new byte[COLOURS][size];
        for (int i = 0; i < COLOURS * size; i++) {
            bytes[i / size][i % size] = (byte) (levels[i] >> Byte.SIZE);
        }
        return new IndexColorModel(bits(size), size, bytes[0], bytes[1], bytes[2]);
    }

    private static int bits(int size) {
        return Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(size - 1));
    }
}
