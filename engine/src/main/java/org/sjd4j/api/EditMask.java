package org.sjd4j.api;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.function.Function;
import org.sjd4j.family.ImageSize;
import org.sjd4j.image.Alpha;
import org.sjd4j.image.ImageFiles;

/** Which pixels of an image are made anew. Immutable. */
public final class EditMask {
    private static final int HALF = 128;

    private final int width;
    private final int height;
    private final boolean[] anew;

    private EditMask(int width, int height, boolean[] anew) {
        this.width = width;
        this.height = height;
        this.anew = anew;
    }

    /**
     * The mask in an image file: its transparent parts, or its white ones if nothing of it is transparent.
     *
     * @throws org.sjd4j.image.ImageFileException if the file cannot be read
     */
    public static EditMask read(Path file) {
        return of(alpha -> ImageFiles.read(file, alpha));
    }

    /** As {@link #read}, of the bytes of a file that messages call {@code source}. */
    public static EditMask decode(byte[] file, String source) {
        return of(alpha -> ImageFiles.decode(file, source, alpha));
    }

    private static EditMask of(Function<Alpha, BufferedImage> image) {
        var transparent = dark(image.apply(Alpha.ALONE));
        return transparent.isEmpty() ? dark(image.apply(Alpha.DROPPED)).inverse() : transparent;
    }

    /** The transparent parts of an image file, which may be none; otherwise as {@link #read}. */
    public static EditMask transparentParts(Path file) {
        return dark(ImageFiles.read(file, Alpha.ALONE));
    }

    /** As {@link #transparentParts(Path)}, of the bytes of a file that messages call {@code source}. */
    public static EditMask transparentParts(byte[] file, String source) {
        return dark(ImageFiles.decode(file, source, Alpha.ALONE));
    }

    /**
     * A rectangle.
     *
     * @param x pixels on its left
     * @param y pixels above it
     * @param imageWidth of the image that it lies in
     * @throws IllegalArgumentException if it is empty or not inside of the image
     */
    public static EditMask rectangle(int x, int y, int width, int height, int imageWidth, int imageHeight) {
        boolean inside = x >= 0 && y >= 0 && (long) x + width <= imageWidth && (long) y + height <= imageHeight;
        if (width < 1 || height < 1 || !inside) {
            throw new IllegalArgumentException("the rectangle %s,%s,%s,%s is not inside of an image of %sx%s pixels"
                    .formatted(x, y, width, height, imageWidth, imageHeight));
        }
        boolean[] anew = new boolean[imageWidth * imageHeight];
        for (int i = 0; i < anew.length; i++) {
            int column = i % imageWidth - x;
            int line = i / imageWidth - y;
            anew[i] = column >= 0 && column < width && line >= 0 && line < height;
        }
        return new EditMask(imageWidth, imageHeight, anew);
    }

    private static EditMask dark(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        boolean[] anew = new boolean[width * height];
        for (int i = 0; i < anew.length; i++) {
            int rgb = image.getRGB(i % width, i / width);
            int sum = (rgb >> 16 & 0xff) + (rgb >> 8 & 0xff) + (rgb & 0xff);
            anew[i] = sum < 3 * HALF;
        }
        return new EditMask(width, height, anew);
    }

    private EditMask inverse() {
        boolean[] inverse = new boolean[anew.length];
        for (int i = 0; i < anew.length; i++) {
            inverse[i] = !anew[i];
        }
        return new EditMask(width, height, inverse);
    }

    /** Whether no pixel is made anew. */
    public boolean isEmpty() {
        for (boolean pixel : anew) {
            if (pixel) {
                return false;
            }
        }
        return true;
    }

    /** Pixels of a line. */
    public int width() {
        return width;
    }

    /** Lines of pixels. */
    public int height() {
        return height;
    }

    /** Whether a pixel is made anew. */
    boolean at(int x, int y) {
        return anew[y * width + x];
    }

    /** The same mask for an image of another size: each pixel is made anew that one of these falls into. */
    EditMask scaled(ImageSize size) {
        boolean[] scaled = new boolean[size.width() * size.height()];
        for (int y = 0; y < size.height(); y++) {
            for (int x = 0; x < size.width(); x++) {
                scaled[y * size.width() + x] = touches(
                        first(x, width, size.width()),
                        first(y, height, size.height()),
                        last(x, width, size.width()),
                        last(y, height, size.height()));
            }
        }
        return new EditMask(size.width(), size.height(), scaled);
    }

    private static int first(int pixel, int from, int to) {
        return (int) ((long) pixel * from / to);
    }

    /** The last of the pixels that lie at least partly under one of another size. */
    private static int last(int pixel, int from, int to) {
        return (int) (((long) (pixel + 1) * from - 1) / to);
    }

    /** Whether one of these pixels is made anew, the last ones included. */
    boolean touches(int left, int top, int right, int bottom) {
        for (int y = top; y <= bottom; y++) {
            for (int x = left; x <= right; x++) {
                if (at(x, y)) {
                    return true;
                }
            }
        }
        return false;
    }
}
