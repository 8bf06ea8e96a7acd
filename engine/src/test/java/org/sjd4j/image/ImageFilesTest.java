package org.sjd4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFilesTest {
    private static final List<Integer> LEVELS = List.of(1, 77, 128, 200, 254);
    private static final int SIDE = 16;

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpg", "gif", "bmp", "tif"})
    void aGreyImageIsItsRgbCopy(String format) throws IOException {
        for (int level : LEVELS) {
            byte[] grey = encoded(grey(BufferedImage.TYPE_BYTE_GRAY, level), format);
            byte[] colour = encoded(filled(BufferedImage.TYPE_INT_RGB, level * 0x010101), format);

            assertThat(pixels(grey)).as("level %d", level).containsOnly(level * 0x010101);
            assertThat(pixels(grey)).isEqualTo(pixels(colour));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "tif"})
    void ofSixteenBitsTheUpperEightCount(String format) throws IOException {
        var rgb = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false, 1, DataBuffer.TYPE_USHORT);
        for (int level : LEVELS) {
            for (int low : new int[] {0, 127, 128, 255}) {
                var deep = new BufferedImage(rgb, rgb.createCompatibleWritableRaster(SIDE, SIDE), false, null);
                for (int band = 0; band < 3; band++) {
                    fill(deep, band, level << 8 | low);
                }
                var grey = grey(BufferedImage.TYPE_USHORT_GRAY, level << 8 | low);

                assertThat(pixels(encoded(grey, format)))
                        .as("level %d.%d", level, low)
                        .containsOnly(level * 0x010101);
                assertThat(pixels(encoded(deep, format)))
                        .as("level %d.%d", level, low)
                        .containsOnly(level * 0x010101);
            }
        }
    }

    @Test
    void alphaIsDroppedOrLaidOnWhite() throws IOException {
        var model = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_GRAY), true, false, 3, DataBuffer.TYPE_BYTE);
        for (int level : LEVELS) {
            var grey = new BufferedImage(model, model.createCompatibleWritableRaster(SIDE, SIDE), false, null);
            fill(grey, 0, level);
            fill(grey, 1, 51);
            int onWhite = Math.round((level * 51 + 255 * 204) / 255f);
            for (byte[] file : List.of(
                    encoded(grey, "png"),
                    encoded(filled(BufferedImage.TYPE_INT_ARGB, 51 << 24 | level * 0x010101), "png"))) {
                assertThat(pixels(file)).containsOnly(level * 0x010101);
                assertThat(pixels(file, Alpha.ON_WHITE)).containsOnly(onWhite * 0x010101);
                assertThat(pixels(file, Alpha.ALONE)).containsOnly(0x333333);
            }
        }
    }

    @Test
    void transparentColoursOfPalettesAreDroppedOrLaidOnWhite() throws IOException {
        byte[] levels = {77, (byte) 200};
        var palette = new IndexColorModel(1, 2, levels, levels, levels, 1);
        var image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_BINARY, palette);
        image.getRaster().setSample(3, 0, 0, 1);
        for (String format : List.of("png", "gif")) {
            byte[] file = encoded(image, format);
            assertThat(pixels(file)[0]).as(format).isEqualTo(0x4d4d4d);
            assertThat(pixels(file)[3]).as(format).isEqualTo(0xc8c8c8);
            assertThat(pixels(file, Alpha.ON_WHITE)[0]).as(format).isEqualTo(0x4d4d4d);
            assertThat(pixels(file, Alpha.ON_WHITE)[3]).as(format).isEqualTo(0xffffff);
            assertThat(pixels(file, Alpha.ALONE)[0]).as(format).isEqualTo(0xffffff);
            assertThat(pixels(file, Alpha.ALONE)[3]).as(format).isZero();
        }
    }

    /** Where the pixels abcdef of an image of two lines, abc and def, come to stand. */
    @ParameterizedTest
    @CsvSource({
        "1, abc def",
        "2, cba fed",
        "3, fed cba",
        "4, def abc",
        "5, ad be cf",
        "6, da eb fc",
        "7, fc eb da",
        "8, cf be ad",
        "0, abc def",
        "9, abc def",
        "65535, abc def"
    })
    void anOrientationTurnsAnImageUpright(int orientation, String expected) throws IOException {
        int block = 16; // of JPEG, so that colours stay apart
        var image = new BufferedImage(3 * block, 2 * block, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 2 * block; y++) {
            for (int x = 0; x < 3 * block; x++) {
                image.setRGB(x, y, 40 * (y / block * 3 + x / block) * 0x010101);
            }
        }
        for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
            byte[] exif = ImageFixtures.exif(order, orientation);
            byte[] jpeg = ImageFixtures.withExif(encoded(image, "jpg"), exif);
            byte[] png = ImageFixtures.withChunk(encoded(image, "png"), ImageFixtures.chunk("eXIf", exif));

            assertThat(letters(decode(jpeg), block)).isEqualTo(expected);
            assertThat(letters(decode(png), block)).isEqualTo(expected);
        }
    }

    private static String letters(BufferedImage image, int block) {
        var lines = new ArrayList<String>();
        for (int y = block / 2; y < image.getHeight(); y += block) {
            var line = new StringBuilder();
            for (int x = block / 2; x < image.getWidth(); x += block) {
                line.append("abcdef".charAt(Math.round((image.getRGB(x, y) & 0xff) / 40f)));
            }
            lines.add(line.toString());
        }
        return String.join(" ", lines);
    }

    @Test
    void aNameSaysNothing(@TempDir Path directory) throws IOException {
        byte[] jpeg = encoded(filled(BufferedImage.TYPE_INT_RGB, 0x4d4d4d), "jpg");
        Path file = Files.write(directory.resolve("named.png"), jpeg);

        assertThat(pixels(Files.readAllBytes(file))).isEqualTo(pixels(jpeg));
        assertThat(ImageFiles.read(file).getRGB(0, 0) & 0xffffff).isEqualTo(0x4d4d4d);
        ImageFiles.check(file);
    }

    @Test
    void formatsThatCannotBeReadAreNamed(@TempDir Path directory) throws IOException {
        Map<String, String> expected = Map.ofEntries(
                Map.entry("RIFF\u0010\0\0\0WEBPVP8 ", "is a WebP image: convert it to PNG or JPEG"),
                Map.entry("\0\0\0\u0020ftypavif\0\0\0\0avifmif1", "is an AVIF image: convert it to PNG or JPEG"),
                Map.entry("\0\0\0\u0020ftypmif1\0\0\0\0mif1avif", "is an AVIF image: convert it to PNG or JPEG"),
                Map.entry("\0\0\0\u0020ftypheic\0\0\0\0mif1heic", "is a HEIC image: convert it to PNG or JPEG"),
                Map.entry("\0\0\0\u0020ftypmif1\0\0\0\0mif1heic", "is a HEIC image: convert it to PNG or JPEG"),
                Map.entry("\u00ff\n\u0001\u0002", "is a JPEG XL image: convert it to PNG or JPEG"),
                Map.entry("\0\0\0\fJXL \r\n\u0087\n", "is a JPEG XL image: convert it to PNG or JPEG"),
                Map.entry("\0\0\0\fjP  \r\n\u0087\n", "is a JPEG 2000 image: convert it to PNG or JPEG"),
                Map.entry("II+\0\b\0\0\0", "is a BigTIFF image: convert it to PNG or JPEG"),
                Map.entry("<svg xmlns='x'/>", "is an SVG image: convert it to PNG or JPEG"),
                Map.entry("\u00ef\u00bb\u00bf<?xml version='1.0'?>\n<!-- a -->\n<svg>", "is an SVG image: convert it"),
                Map.entry("8BPS\0\u0001", "is a Photoshop file: convert it to PNG or JPEG"),
                Map.entry("\n<!DOCTYPE html><html>404", "is a web page: download the image again"),
                Map.entry(
                        "version https://git-lfs.github.com/spec/v1\noid sha256:0",
                        "is a pointer of Git LFS: fetch the image itself with 'git lfs pull'"),
                Map.entry("", "is empty: restore it from a copy"),
                Map.entry("BMW and other words", "is none of these: convert it to PNG or JPEG"),
                Map.entry("\0\0\0", "is none of these: convert it to PNG or JPEG"));
        for (var entry : expected.entrySet()) {
            Path file = directory.resolve("photo.jpg");
            Files.write(file, entry.getKey().getBytes(StandardCharsets.ISO_8859_1));
            for (Runnable attempt : List.<Runnable>of(() -> ImageFiles.read(file), () -> ImageFiles.check(file))) {
                assertThatExceptionOfType(ImageFileException.class)
                        .isThrownBy(attempt::run)
                        .withMessageStartingWith(file + " should be an image (PNG, JPEG, GIF, BMP or TIFF), but ")
                        .withMessageContaining(entry.getValue())
                        .matches(e -> String.valueOf(e.getMessage()).lines().count() == 1);
            }
        }
    }

    @Test
    void whatIsNoFileIsTold(@TempDir Path directory) {
        assertThatExceptionOfType(ImageFileException.class)
                .isThrownBy(() -> ImageFiles.read(directory.resolve("none.png")))
                .withMessageContaining("none.png does not exist: check the path");
        assertThatExceptionOfType(ImageFileException.class)
                .isThrownBy(() -> ImageFiles.check(directory))
                .withMessageContaining(directory + " is no file");
    }

    /** Headers alone, so that a reader that allocated first would have to find hundreds of megabytes. */
    @Test
    void tooManyPixelsAreRefusedBeforeTheyNeedMemory(@TempDir Path directory) throws IOException {
        byte[] gif = encoded(filled(BufferedImage.TYPE_BYTE_GRAY, 0), "gif");
        ByteBuffer.wrap(gif)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(6, (short) 40000)
                .putShort(8, (short) 30000);
        byte[] bmp = ImageFixtures.bytes("bmp-rle8.bmp");
        ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN).putInt(18, 20000).putInt(22, 20000);
        byte[] jpeg = ImageFixtures.bytes("jpg-grey.jpg");
        int frame = IntStream.range(0, jpeg.length)
                .filter(i -> jpeg[i] == (byte) 0xff && jpeg[i + 1] == (byte) 0xc0)
                .findFirst()
                .orElseThrow();
        ByteBuffer.wrap(jpeg).putShort(frame + 5, (short) 50000).putShort(frame + 7, (short) 60000);
        var files = Map.of(
                "has 100000x100000 pixels", png(100000, 100000),
                "has 100000001x1 pixels", png(100000001, 1),
                "has 40000x30000 pixels", gif,
                "has 20000x20000 pixels", bmp,
                "has 60000x50000 pixels", jpeg);
        files.forEach((message, bytes) -> {
            refused(bytes, message + ", more than the 100000000 that fit: make it smaller");
            Path file = directory.resolve("bomb");
            assertThatExceptionOfType(ImageFileException.class)
                    .isThrownBy(() -> ImageFiles.check(Files.write(file, bytes)))
                    .withMessageContaining(message);
        });
    }

    @Test
    void moreThanBytesCanHoldIsRefused() {
        refused(png(9000, 9000), "its 9000x9000 pixels cannot be in");
    }

    private static byte[] png(int width, int height) {
        byte[] header = ByteBuffer.allocate(13)
                .putInt(width)
                .putInt(height)
                .put(new byte[] {8, 2, 0, 0, 0})
                .array();
        return ImageFixtures.joined(
                ImageFixtures.PNG_SIGNATURE,
                ImageFixtures.chunk("IHDR", header),
                ImageFixtures.chunk("IDAT", new byte[9]),
                ImageFixtures.chunk("IEND", new byte[0]));
    }

    @Test
    void noPixelsAreRefused() throws IOException {
        refused(png(0, 5), "is a PNG file that is damaged");
        refused(png(5, 0), "is a PNG file that is damaged");
        byte[] bmp = encoded(filled(BufferedImage.TYPE_INT_RGB, 0), "bmp");
        ByteBuffer.wrap(bmp).putInt(18, 0);
        refused(bmp, "is a BMP file that is damaged");
    }

    /** A file that breaks off is refused, wherever; only what stands behind the pixels may be missing. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "png-rgb8.png",
                "png-grey8i.png",
                "jpg-75-2.jpg",
                "jpg-prog.jpg",
                "jpg-cmyk-adobe.jpg",
                "jpg-exif6.jpg",
                "gif-p.gif",
                "gif-noninter.gif",
                "bmp-rgb.bmp",
                "bmp-rle8.bmp",
                "tif-rgb8-be.tif",
                "tif-pil-RGB-tiff_lzw.tif"
            })
    void aFileThatBreaksOffIsRefused(String name) {
        byte[] whole = ImageFixtures.bytes(name);
        int[] pixels = pixels(whole);
        int shortest = whole.length;
        for (int length = whole.length - 1; length >= 0; length--) {
            int[] found;
            try {
                found = pixels(Arrays.copyOf(whole, length));
            } catch (ImageFileException e) {
                assertThat(e).hasMessageStartingWith("photo");
                continue;
            }
            assertThat(found).as("%s cut to %d bytes", name, length).isEqualTo(pixels);
            assertThat(length)
                    .as("%s is refused at %d bytes, but not before", name, length + 1)
                    .isEqualTo(shortest - 1);
            shortest = length;
        }
        assertThat(shortest).isBetween(whole.length - 22, whole.length);
    }

    @Test
    void unusualKindsAreRefused() {
        byte[] jpeg = ImageFixtures.bytes("jpg-prog.jpg");
        int last = IntStream.range(0, jpeg.length - 1)
                .filter(i -> jpeg[i] == (byte) 0xff && jpeg[i + 1] == (byte) 0xda)
                .max()
                .orElseThrow();
        byte[] scan = Arrays.copyOfRange(jpeg, last, jpeg.length - 2);
        byte[][] scans = new byte[100][];
        Arrays.fill(scans, scan);
        refused(
                ImageFixtures.joined(
                        Arrays.copyOf(jpeg, last), ImageFixtures.joined(scans), new byte[] {-1, (byte) 0xd9}),
                "it has more than 100 scans");
        byte[] tiff = ImageFixtures.bytes("tif-rgb8-le.tif");
        int photometric = IntStream.range(0, tiff.length - 8)
                .filter(i -> tiff[i] == 6 && tiff[i + 1] == 1 && tiff[i + 2] == 3 && tiff[i + 4] == 1)
                .max()
                .orElseThrow();
        tiff[photometric + 8] = 8;
        refused(tiff, "its colours are neither grey nor RGB");
    }

    @ParameterizedTest
    @EnumSource(ImageFormat.class)
    void formatsAreToldApart(ImageFormat format) throws IOException {
        if (format.isReadable()) {
            String ending = format == ImageFormat.TIFF ? "tif" : format.label().toLowerCase(Locale.ROOT);
            assertThat(ImageFormat.of(encoded(filled(BufferedImage.TYPE_INT_RGB, 0), ending)))
                    .isEqualTo(format);
            assertThat(ImageFormat.READABLE).contains(format.label());
        } else {
            assertThat(format.label()).startsWith("a");
        }
    }

    @Test
    void streamsAreReadAndTheirFailuresPassedOn() throws IOException {
        byte[] file = ImageFixtures.bytes("png-rgb8.png");
        var image = ImageFiles.read(new ByteArrayInputStream(file), "row 7", Alpha.DROPPED);
        assertThat(image.getWidth()).isEqualTo(21);
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("gone");
            }
        };
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> ImageFiles.read(broken, "row 8", Alpha.DROPPED))
                .withMessage("gone");
    }

    @Test
    void aPlaceGoesBeforeTheMessage() {
        assertThatExceptionOfType(ImageFileException.class)
                .isThrownBy(() -> {
                    try {
                        decode(new byte[0]);
                    } catch (ImageFileException e) {
                        throw e.at("captions.csv, line 3");
                    }
                })
                .withMessageStartingWith("captions.csv, line 3: photo should be an image");
    }

    private static void refused(byte[] file, String message) {
        assertThatExceptionOfType(ImageFileException.class)
                .isThrownBy(() -> decode(file))
                .withMessageStartingWith("photo ")
                .withMessageContaining(message);
    }

    private static BufferedImage decode(byte[] file) {
        return ImageFiles.decode(file, "photo", Alpha.DROPPED);
    }

    private static int[] pixels(byte[] file) {
        return pixels(file, Alpha.DROPPED);
    }

    private static int[] pixels(byte[] file, Alpha alpha) {
        var image = ImageFiles.decode(file, "photo", alpha);
        int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        return Arrays.stream(pixels).map(pixel -> pixel & 0xffffff).toArray();
    }

    private static BufferedImage grey(int type, int level) {
        var image = new BufferedImage(SIDE, SIDE, type);
        fill(image, 0, level);
        return image;
    }

    private static void fill(BufferedImage image, int band, int sample) {
        for (int i = 0; i < SIDE * SIDE; i++) {
            image.getRaster().setSample(i % SIDE, i / SIDE, band, sample);
        }
    }

    private static BufferedImage filled(int type, int argb) {
        var image = new BufferedImage(SIDE, SIDE, type);
        for (int i = 0; i < SIDE * SIDE; i++) {
            image.setRGB(i % SIDE, i / SIDE, argb);
        }
        return image;
    }

    private static byte[] encoded(BufferedImage image, String format) throws IOException {
        var bytes = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, format, bytes))
                .as("a writer of %s", format)
                .isTrue();
        return bytes.toByteArray();
    }
}
