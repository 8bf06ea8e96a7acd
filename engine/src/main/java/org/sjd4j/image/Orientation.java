package org.sjd4j.image;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;

/**
 * How a camera was held, as EXIF's tag 0x0112 numbers it from 1 to 8 (Exif 2.32, 4.6.4): where the pixels of an upright
 * image are in the file.
 */
enum Orientation {
    UPRIGHT(false, false, false),
    MIRRORED(false, true, false),
    UPSIDE_DOWN(false, true, true),
    MIRRORED_UPSIDE_DOWN(false, false, true),
    TRANSPOSED(true, false, false),
    NEEDS_QUARTER_TURN_RIGHT(true, false, true),
    TRANSVERSED(true, true, true),
    NEEDS_QUARTER_TURN_LEFT(true, true, false);

    private final boolean swapped;
    private final boolean fromRight;
    private final boolean fromBelow;

    /**
     * @param swapped whether the file's lines are the image's columns
     * @param fromRight whether the file's lines are read from right to left
     * @param fromBelow whether the file's columns are read from below
     */
    Orientation(boolean swapped, boolean fromRight, boolean fromBelow) {
        this.swapped = swapped;
        this.fromRight = fromRight;
        this.fromBelow = fromBelow;
    }

    /** The orientation of a number; every number but 2 to 8 leaves an image as it is. */
    static Orientation of(long number) {
        return number >= 1 && number <= values().length ? values()[(int) number - 1] : UPRIGHT;
    }

    /**
     * The upright image.
     *
     * @param stored of type {@link BufferedImage#TYPE_INT_RGB}
     */
    BufferedImage upright(BufferedImage stored) {
        if (this == UPRIGHT) {
            return stored;
        }
        int width = stored.getWidth();
        int height = stored.getHeight();
        var image = new BufferedImage(swapped ? height : width, swapped ? width : height, BufferedImage.TYPE_INT_RGB);
        int[] from = ((DataBufferInt) stored.getRaster().getDataBuffer()).getData();
        int[] to = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int column = swapped ? y : x;
                int line = swapped ? x : y;
                to[y * image.getWidth() + x] = from[
                        (fromBelow ? height - 1 - line : line) * width + (fromRight ? width - 1 - column : column)];
            }
        }
        return image;
    }
}
