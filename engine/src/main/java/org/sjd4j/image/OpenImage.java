package org.sjd4j.image;

import java.awt.Dimension;
import java.awt.image.BufferedImage;
import java.io.EOFException;
import java.io.IOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** An image file of a known format that is being read. Whatever is wrong with it becomes an {@link ImageFileException}. */
final class OpenImage implements AutoCloseable {
    /** An image that claims to be larger would fill the memory when it is decoded. */
    private static final long MOST_PIXELS = 100_000_000;

    /** A black-and-white PNG of one colour packs 8258 pixels into a byte; only TIFF knows compressions that pack more. */
    private static final long MOST_PIXELS_PER_BYTE = 10_000;

    private static final int LONGEST_REASON = 120;

    private final ImageFormat format;
    private final ImageInputStream in;
    private final String source;
    private final ImageReader reader;

    /** Something that may fail in all the ways in which the JDK's readers fail at malformed files. */
    @FunctionalInterface
    private interface Work<T> {
        T run() throws IOException;
    }

    OpenImage(ImageFormat format, ImageInputStream in, String source) {
        this.format = format;
        this.in = in;
        this.source = source;
        this.reader = reader(format);
        reader.setInput(in, false, format != ImageFormat.GIF);
    }

    /** The JDK's own reader: another one that is on the class path might give other numbers. */
    private static ImageReader reader(ImageFormat format) {
        for (var readers = ImageIO.getImageReadersByFormatName(format.label()); readers.hasNext(); ) {
            var reader = readers.next();
            if (reader.getClass().getModule().equals(ImageIO.class.getModule())) {
                return reader;
            }
        }
        throw new IllegalStateException("this Java has no reader of " + format.label() + " files; use a complete one");
    }

    /**
     * Checks the size.
     *
     * @param head the file's first bytes
     */
    void check(byte[] head) {
        var _ = attempt(() -> requireSize(head));
    }

    /**
     * The size as it is stored, before the image is turned upright.
     *
     * @param file all bytes
     */
    Dimension size(byte[] file) {
        return attempt(() -> requireSize(file));
    }

    /**
     * Decodes the pixels.
     *
     * @param file all bytes
     * @return upright, of type {@link BufferedImage#TYPE_INT_RGB}
     */
    BufferedImage pixels(byte[] file, Alpha alpha) {
        return attempt(() -> {
            var _ = requireSize(file);
            return switch (format) {
                case JPEG -> JpegImage.read(reader, file);
                case PNG -> PngChunks.orientation(file).upright(Rgb.stored(reader.read(0), alpha));
                case GIF -> GifScreen.of(file, reader).with(reader.read(0), alpha);
                case TIFF -> TiffImage.read(reader, file, alpha);
                default -> Rgb.stored(reader.read(0), alpha);
            };
        });
    }

    /** The size on the screen, if so many pixels fit. */
    private Dimension requireSize(byte[] head) throws IOException {
        int width = reader.getWidth(0);
        int height = reader.getHeight(0);
        if (format == ImageFormat.GIF) {
            var screen = GifScreen.of(head, reader);
            width = screen.width();
            height = screen.height();
        }
        long pixels = (long) width * height;
        if (pixels > MOST_PIXELS) {
            throw new ImageFileException(
                    source + " has " + width + "x" + height + " pixels, more than the " + MOST_PIXELS
                            + " that fit: make it smaller",
                    null);
        }
        if (format != ImageFormat.TIFF && pixels > MOST_PIXELS_PER_BYTE * in.length()) {
            throw new EOFException("its " + width + "x" + height + " pixels cannot be in " + in.length() + " bytes");
        }
        return new Dimension(width, height);
    }

    private <T> T attempt(Work<T> work) {
        try {
            return work.run();
        } catch (ImageFileException e) {
            throw e;
        } catch (IOException e) {
            throw broken(" (" + oneLine(e) + ")", e);
        } catch (
                RuntimeException
                        e) { // the JDK's readers meet malformed files with all sorts, which say nothing to a user
            throw broken("", e);
        } catch (OutOfMemoryError e) { // of one large array, before anything else lacks memory
            throw new ImageFileException(
                    source
                            + " has more pixels than fit into Java's memory: make it smaller, or give Java more with -Xmx",
                    e);
        }
    }

    private ImageFileException broken(String reason, Throwable cause) {
        return ImageFileException.noImage(
                source,
                "is a " + format.label() + " file that is damaged, cut short or of an unusual kind" + reason
                        + ": restore it or convert it to PNG",
                cause);
    }

    private static String oneLine(IOException e) {
        String text = String.valueOf(e.getMessage())
                .replaceAll("[\\p{Cntrl}\\p{Cf}\\s]+", " ")
                .strip();
        return text.length() > LONGEST_REASON ? text.substring(0, LONGEST_REASON) + "..." : text;
    }

    @Override
    public void close() {
        reader.dispose();
    }
}
