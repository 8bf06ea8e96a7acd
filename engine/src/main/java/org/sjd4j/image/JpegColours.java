package org.sjd4j.image;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.awt.image.Raster;

/** From the components of a JPEG file to RGB, to the last bit as libjpeg and Pillow compute. */
final class JpegColours {
    private static final int MOST = 255;
    private static final int CENTRE = 128;
    private static final int FRACTION = 16;

    private JpegColours() {}

    /** The image of decoded components, one band for each. */
    static BufferedImage image(Raster components, JpegHeader header) {
        int width = components.getWidth();
        int bands = components.getNumBands();
        var image = new BufferedImage(width, components.getHeight(), BufferedImage.TYPE_INT_RGB);
        int[] pixels = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
        int[] line = new int[width * bands];
        var lines = new JpegLines(components, header);
        for (int y = 0; y < components.getHeight(); y++) {
            lines.read(y, line);
            for (int x = 0, at = 0; x < width; x++, at += bands) {
                pixels[y * width + x] = switch (header.colours()) {
                    case GREY -> line[at] * 0x010101;
                    case RGB -> line[at] << 16 | line[at + 1] << 8 | line[at + 2];
                    case YCC -> ycc(line[at], line[at + 1], line[at + 2]);
                    case CMYK -> cmyk(line[at], line[at + 1], line[at + 2], line[at + 3]);
                    case YCCK -> ycck(line[at], line[at + 1], line[at + 2], line[at + 3]);
                };
            }
        }
        return image;
    }

    private static int ycc(int luma, int blue, int red) {
        int r = luma + (fixed(1.40200) * (red - CENTRE) + half() >> FRACTION);
        int g = luma + (-fixed(0.34414) * (blue - CENTRE) - fixed(0.71414) * (red - CENTRE) + half() >> FRACTION);
        int b = luma + (fixed(1.77200) * (blue - CENTRE) + half() >> FRACTION);
        return Math.clamp(r, 0, MOST) << 16 | Math.clamp(g, 0, MOST) << 8 | Math.clamp(b, 0, MOST);
    }

    /** Adobe stores how much of each ink is missing, and everyone follows. */
    private static int cmyk(int cyan, int magenta, int yellow, int black) {
        return Rgb.cmyk(MOST - cyan, MOST - magenta, MOST - yellow, MOST - black);
    }

    /** The red of the first three components is the cyan that is there: the missing of the missing. */
    private static int ycck(int luma, int blue, int red, int black) {
        int missing = MOST * 0x010101 - ycc(luma, blue, red);
        return cmyk(missing >> 16, missing >> 8 & 0xff, missing & 0xff, black);
    }

    private static int fixed(double factor) {
        return (int) (factor * (1 << FRACTION) + 0.5);
    }

    private static int half() {
        return 1 << FRACTION - 1;
    }
}
