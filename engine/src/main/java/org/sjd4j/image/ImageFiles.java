package org.sjd4j.image;

import java.awt.Dimension;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.stream.FileImageInputStream;

/**
 * Reads every image file of the project: PNG, JPEG, GIF (its first frame), BMP and TIFF (its first page) become RGB pixels.
 * The first bytes tell the format, not the name.
 *
 * <p>The numbers are those of Pillow's {@code ImageOps.exif_transpose(Image.open(file)).convert("RGB")}: levels count as they
 * are stored, colour profiles are ignored, and the EXIF orientation turns the image upright. So a grey image and its RGB copy
 * give the same. Pillow 12.3 differs in four points:
 *
 * <ul>
 *   <li>Of 16-bit grey levels the upper 8 bits count here, as of 16-bit colours. Pillow limits such levels to 255, and the image
 *       turns white.
 *   <li>YCbCr in a TIFF file without JPEG compression may differ by one level.
 *   <li>A broken orientation counts as none, and so does one that is noted elsewhere than in EXIF: in XMP, or in a text chunk.
 *   <li>A GIF file without any palette is not grey here.
 * </ul>
 *
 * <p>Any number of threads may read at once. Nothing is written to disk.
 */
public final class ImageFiles {
    /** No image file with as many pixels as may be read has more bytes. */
    private static final int MOST_BYTES = 1 << 30;

    private ImageFiles() {}

    /** As {@link #read(Path, Alpha)}, with {@link Alpha#DROPPED}. */
    public static BufferedImage read(Path file) {
        return read(file, Alpha.DROPPED);
    }

    /**
     * Reads an image.
     *
     * @return upright, of type {@link BufferedImage#TYPE_INT_RGB}
     * @throws ImageFileException if the file is missing, of another format, damaged, cut short or too large
     */
    public static BufferedImage read(Path file, Alpha alpha) {
        requireFile(file);
        try (var in = Files.newInputStream(file)) {
            return read(in, file.toString(), alpha);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /**
     * Reads an image from a stream, and leaves the stream open.
     *
     * @param source what messages call the image
     * @throws ImageFileException as {@link #read(Path, Alpha)} does
     * @throws IOException if the stream fails
     */
    public static BufferedImage read(InputStream in, String source, Alpha alpha) throws IOException {
        byte[] bytes = in.readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
            throw new ImageFileException(
                    source + " is larger than " + (MOST_BYTES >> 20) + " MiB: make it smaller", null);
        }
        return decode(bytes, source, alpha);
    }

    /**
     * Decodes an image file in memory.
     *
     * @param source what messages call the image
     * @throws ImageFileException as {@link #read(Path, Alpha)} does
     */
    public static BufferedImage decode(byte[] bytes, String source, Alpha alpha) {
        var format = format(bytes, source);
        try (var image = new OpenImage(format, new ByteArrayImageInputStream(bytes), source)) {
            return image.pixels(bytes, alpha);
        }
    }

    /**
     * The size of an image file in memory as it is stored, before the image is turned upright. No pixel is decoded.
     *
     * @param source what messages call the image
     * @throws ImageFileException if the format cannot be read, or the pixels would not fit
     */
    public static Dimension size(byte[] bytes, String source) {
        var format = format(bytes, source);
        try (var image = new OpenImage(format, new ByteArrayImageInputStream(bytes), source)) {
            return image.size(bytes);
        }
    }

    /**
     * Looks at the head of an image file: whether the format can be read, and whether the pixels would fit.
     *
     * @throws ImageFileException if not
     */
    public static void check(Path file) {
        requireFile(file);
        try (var in = new FileImageInputStream(file.toFile())) {
            byte[] head = new byte[ImageFormat.HEAD];
            head = Arrays.copyOf(head, Math.max(0, in.read(head)));
            in.seek(0);
            String source = file.toString();
            try (var image = new OpenImage(format(head, source), in, source)) {
                image.check(head);
            }
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static void requireFile(Path file) {
        if (!Files.isRegularFile(file)) { // reading a directory fails, and reading a device may never end
            throw new ImageFileException(
                    file + (Files.exists(file) ? " is no file" : " does not exist") + ": check the path", null);
        }
    }

    private static ImageFileException unreadable(Path file, IOException cause) {
        return cause instanceof AccessDeniedException || !Files.isReadable(file)
                ? new ImageFileException(file + " may not be read: check its permissions", cause)
                : new ImageFileException(file + " cannot be read: " + cause.getMessage(), cause);
    }

    private static ImageFormat format(byte[] head, String source) {
        if (head.length == 0) {
            throw ImageFileException.noImage(source, "is empty: restore it from a copy", null);
        }
        var format = ImageFormat.of(head);
        if (format == null) {
            throw ImageFileException.noImage(source, "is none of these: convert it to PNG or JPEG", null);
        }
        if (!format.isReadable()) {
            throw ImageFileException.noImage(source, "is " + format.label() + ": " + format.advice(), null);
        }
        return format;
    }
}
