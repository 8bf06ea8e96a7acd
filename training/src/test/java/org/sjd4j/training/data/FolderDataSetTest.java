package org.sjd4j.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderDataSetTest {
    private Path temporary;
    private Path folder;

    @BeforeEach
    void images(@TempDir Path temporary) throws IOException {
        this.temporary = temporary;
        folder = temporary.resolve("images");
        Files.createDirectories(folder.resolve("deep"));
        image(folder.resolve("wide.png"), 90, 30);
        image(folder.resolve("tall.jpg"), 20, 50);
        image(folder.resolve("deep/square.png"), 40, 40);
        image(temporary.resolve("outside.png"), 40, 40);
    }

    @Test
    void readsJsonLines() throws IOException {
        list("captions.jsonl", """
                {"file": "wide.png", "caption": "a wide image", "licence": "mine"}

                {"file": "deep/../deep/square.png", "caption": " größer, \\"quoted\\" "}
                """);
        var data = FolderDataSet.open(folder, 16);

        assertThat(data.examples()).extracting(CaptionedImage::id).containsExactly("wide.png", "deep/square.png");
        assertThat(data.examples())
                .extracting(CaptionedImage::caption)
                .containsExactly("a wide image", "größer, \"quoted\"");
        assertThat(data.caption(data.examples().getFirst(), Variation.on(Background.BLUE)))
                .isEqualTo("a wide image");
    }

    @Test
    void readsCommaSeparatedValues() throws IOException {
        list(
                "captions.csv",
                "\uFEFFfile,caption\r\nwide.png,plain\r\n\r\n\"tall.jpg\",\"one, \"\"two\"\"\nand three\"\n");

        assertThat(FolderDataSet.open(folder, 16).captions(Split.TRAIN))
                .containsExactly("plain", "one, \"two\"\nand three");
    }

    @Test
    void readsListsAsWindowsWritesThem() throws IOException {
        String json = "{\"file\": \"wide.png\", \"caption\": \"größer\"}\r\n";
        for (String name : List.of("captions.jsonl", "captions.csv")) {
            String text = name.endsWith("csv") ? "file,caption\r\nwide.png,größer\r\n" : json;
            for (var charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE)) {
                Files.write(folder.resolve(name), ("\uFEFF" + text).getBytes(charset));
                assertThat(FolderDataSet.open(folder, 8).examples().getFirst().caption())
                        .as(name + " in " + charset)
                        .isEqualTo("größer");
            }
            Files.delete(folder.resolve(name));
        }
    }

    @Test
    void keepsTheSquareInTheMiddle() throws IOException {
        list("captions.csv", "wide.png,wide\ntall.jpg,tall\n");
        var data = FolderDataSet.open(folder, 10);
        var wide = data.render(data.examples().getFirst(), Variation.PLAIN);
        var tall = data.render(data.examples().getLast(), Variation.PLAIN);

        // thirds and halves of the source are red, green and blue from left to right
        assertThat(wide.getWidth()).isEqualTo(10);
        assertThat(wide.getHeight()).isEqualTo(10);
        assertThat(colour(wide, 2, 5)).isEqualTo(Color.GREEN);
        assertThat(colour(wide, 8, 5)).isEqualTo(Color.GREEN);
        assertThat(colour(tall, 0, 5).getRed()).isGreaterThan(180);
        assertThat(colour(tall, 9, 5).getBlue()).isGreaterThan(180);
    }

    @Test
    void cutsThePieceInTheMiddleThatHasAnotherShape() throws IOException {
        list("captions.csv", "wide.png,wide\n");
        var data = FolderDataSet.open(folder, 10);
        var wide = data.examples().getFirst();
        var tall = data.cut(wide, 6, 12);
        var flat = data.cut(wide, 30, 6);

        assertThat(tall.getWidth()).isEqualTo(6);
        assertThat(tall.getHeight()).isEqualTo(12);
        assertThat(colour(tall, 3, 6)).isEqualTo(Color.GREEN);
        assertThat(flat.getWidth()).isEqualTo(30);
        assertThat(colour(flat, 1, 3)).isEqualTo(Color.RED);
        assertThat(colour(flat, 28, 3)).isEqualTo(Color.BLUE);
    }

    @Test
    void variesAPhotographWithoutShowingABackground() throws IOException {
        list("captions.csv", "deep/square.png,square\n");
        var data = FolderDataSet.open(folder, 40);
        var square = data.examples().getFirst();
        var plain = data.render(square, Variation.PLAIN);
        var mirrored = data.render(square, new Variation(Background.PINK, 0, 0, 1, true));
        var shifted = data.render(square, new Variation(Background.PINK, 5, 0, 1, false));
        var both = data.render(square, new Variation(Background.PINK, 5, 0, 1, true));
        var larger = data.render(square, new Variation(Background.PINK, 0, 0, 2, false));

        assertThat(colour(plain, 2, 20)).isEqualTo(Color.RED);
        assertThat(colour(mirrored, 2, 20)).isEqualTo(Color.BLUE);
        assertThat(colour(shifted, 2, 20)).isEqualTo(Color.RED);
        assertThat(colour(shifted, 16, 20)).isEqualTo(Color.RED);
        assertThat(colour(plain, 16, 20)).isEqualTo(Color.GREEN);
        assertThat(colour(both, 2, 20)).isEqualTo(Color.BLUE);
        assertThat(colour(both, 16, 20)).isEqualTo(Color.BLUE);
        assertThat(colour(larger, 10, 20)).isEqualTo(Color.GREEN);
    }

    @Test
    void laysTransparencyOnWhite() throws IOException {
        var glass = new BufferedImage(8, 8, BufferedImage.TYPE_INT_ARGB);
        glass.setRGB(0, 0, 0xFF000000);
        ImageIO.write(glass, "png", folder.resolve("glass.png").toFile());
        list("captions.csv", "glass.png,glass\n");
        var data = FolderDataSet.open(folder, 8);
        var image = data.render(data.examples().getFirst(), Variation.PLAIN);

        assertThat(colour(image, 0, 0)).isEqualTo(Color.BLACK);
        assertThat(colour(image, 1, 0)).isEqualTo(Color.WHITE);
    }

    @Test
    void aGreyImageIsTheSameAsItsRgbCopy() throws IOException {
        var grey = new BufferedImage(24, 20, BufferedImage.TYPE_BYTE_GRAY);
        var colour = new BufferedImage(24, 20, BufferedImage.TYPE_INT_RGB);
        for (var i = 0; i < 480; i++) {
            var level = i * 7 % 256;
            grey.getRaster().setSample(i % 24, i / 24, 0, level);
            colour.setRGB(i % 24, i / 24, level * 0x010101);
        }
        for (var format : List.of("png", "bmp", "tif", "gif")) {
            ImageIO.write(grey, format, folder.resolve("grey." + format).toFile());
            ImageIO.write(colour, "png", folder.resolve("colour.png").toFile());
            list("captions.csv", "grey." + format + ",grey\ncolour.png,colour\n");
            var data = FolderDataSet.open(folder, 16);
            var examples = data.examples();

            assertThat(levels(data.render(examples.getFirst(), Variation.PLAIN)))
                    .as(format)
                    .isEqualTo(levels(data.render(examples.getLast(), Variation.PLAIN)));
            assertThat(levels(data.cut(examples.getFirst(), 9, 18)))
                    .as(format)
                    .isEqualTo(levels(data.cut(examples.getLast(), 9, 18)));
        }
    }

    private static int[] levels(BufferedImage image) {
        return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    }

    /** A camera held upright notes that the lines of its file are columns, 6; red, green and blue lie from above then. */
    @Test
    void turnsWhatACameraStoredLyingDown() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var stored = Files.readAllBytes(folder.resolve("wide.png"));
        bytes.write(stored, 0, 33);
        bytes.writeBytes(HexFormat.of()
                .parseHex("0000001a" + "65584966" + "4d4d002a00000008" + "0001" + "011200030000000100060000"
                        + "00000000" + "00000000"));
        bytes.write(stored, 33, stored.length - 33);
        Files.write(folder.resolve("turned.png"), bytes.toByteArray());
        list("captions.csv", "turned.png,turned\n");
        var data = FolderDataSet.open(folder, 10);
        var image = data.cut(data.examples().getFirst(), 10, 30);

        assertThat(colour(image, 5, 2)).isEqualTo(Color.RED);
        assertThat(colour(image, 5, 15)).isEqualTo(Color.GREEN);
        assertThat(colour(image, 5, 27)).isEqualTo(Color.BLUE);
    }

    @Test
    void averagesWhenItShrinks() {
        var stripes = new BufferedImage(100, 100, BufferedImage.TYPE_INT_RGB);
        for (var y = 0; y < 100; y++) {
            for (var x = 0; x < 100; x += 2) {
                stripes.setRGB(x, y, 0xFFFFFF);
            }
        }

        assertThat(colour(Resampling.square(stripes, 0, 0, 100, 10), 5, 5).getRed())
                .isBetween(126, 130);
    }

    @Test
    void holdsOutATenthByName() throws IOException {
        var lines = new StringBuilder();
        for (var i = 0; i < 200; i++) {
            Files.copy(folder.resolve("deep/square.png"), folder.resolve(i + ".png"));
            lines.append(i).append(".png,image ").append(i).append('\n');
        }
        list("captions.csv", lines.toString());
        var heldOut = FolderDataSet.open(folder, 16).captions(Split.HELD_OUT);

        assertThat(heldOut).hasSize(16).startsWith("image 17", "image 18", "image 26");
    }

    @Test
    void refusesAFolderWithoutOneList() throws IOException {
        refused("should hold either captions.jsonl or captions.csv, but holds neither");
        list("captions.csv", "\n");
        refused("captions.csv names no image");
        list("captions.jsonl", "\n");
        refused("but holds both");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FolderDataSet.open(folder.resolve("wide.png"), 16))
                .withMessageContaining("wide.png should be a folder of images");
    }

    @Test
    void namesTheLineOfBadJson() throws IOException {
        var good = "{\"file\": \"wide.png\", \"caption\": \"wide\"}\n";
        list("captions.jsonl", good + "\nwide.png");
        refused(
                "captions.jsonl, line 3: this is not JSON: found the word 'wide.png' without double quotes in column 1");
        list("captions.jsonl", good + "{\"file\": \"tall.jpg\"}");
        refused(
                "captions.jsonl, line 2: expected {\"file\": \"...\", \"caption\": \"...\"}, but there is no text \"caption\"");
        list("captions.jsonl", good + "[\"tall.jpg\"]");
        refused("line 2: expected");
        list("captions.jsonl", good + "{\"file\": \"tall.jpg\", \"caption\": \" \"}");
        refused("line 2: the caption should not be empty");
        list("captions.jsonl", good + good);
        refused("line 2: wide.png is listed already in " + folder.resolve("captions.jsonl") + ", line 1");
    }

    @Test
    void namesTheLineOfBadCsv() throws IOException {
        list("captions.csv", "file,caption\nwide.png,a, b\n");
        refused("captions.csv, line 2: expected two fields, file,caption, but found 3");
        list("captions.csv", "wide.png,\"two\nlines\"\ntall.jpg,\"open\n");
        refused("captions.csv, line 3: a quote is opened and never closed");
        list("captions.csv", "wide.png,\"a\" b\n");
        refused("captions.csv, line 1: a closing quote should end the field");
        Files.write(folder.resolve("captions.csv"), new byte[] {'a', (byte) 0xFF});
        refused("captions.csv is no text in UTF-8: line 1 has the byte 0xff");
    }

    @Test
    void namesTheImageThatIsMissingOrUnreadable() throws IOException {
        list("captions.csv", "wide.png,wide\nnone.png,none\n");
        refused("captions.csv, line 2: there is no image none.png");
        list("captions.csv", "deep,folder\n");
        refused("captions.csv, line 1: there is no image deep");
        Files.writeString(folder.resolve("text.png"), "not an image");
        list("captions.csv", "wide.png,wide\ntext.png,text\n");
        refused("captions.csv, line 2: ", "text.png should be an image");
        Files.writeString(folder.resolve("web.jpg"), "RIFF\0\0\0\0WEBPVP8 ");
        list("captions.csv", "web.jpg,web\n");
        refused("captions.csv, line 1: ", "web.jpg should be an image", "is a WebP image: convert it to PNG or JPEG");
    }

    @Test
    void namesTheImageThatIsBrokenInTheMiddle() throws IOException {
        var bytes = Files.readAllBytes(folder.resolve("wide.png"));
        Files.write(folder.resolve("broken.png"), Arrays.copyOf(bytes, bytes.length / 2));
        list("captions.csv", "broken.png,broken\n");
        var data = FolderDataSet.open(folder, 16);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> data.render(data.examples().getFirst(), Variation.PLAIN))
                .withMessageContainingAll("captions.csv, line 1", "broken.png should be an image");
    }

    @Test
    void refusesPathsThatLeaveTheFolder() throws IOException {
        list("captions.csv", "../outside.png,outside\n");
        refused("captions.csv, line 1: ../outside.png lies outside the folder");
        list("captions.csv", temporary.resolve("outside.png") + ",outside\n");
        refused("outside.png lies outside the folder");
        list("captions.csv", "../nothing.png,outside\n");
        refused("../nothing.png lies outside the folder");
    }

    @Test
    void theFolderMayBeTheWorkingDirectory() throws IOException {
        try (var files = Files.list(Path.of(""))) {
            var name =
                    files.filter(Files::isRegularFile).findFirst().orElseThrow().toString();
            for (var here : List.of("", ".", "src/..")) {
                assertThat(FolderDataSet.locate(Path.of(here), new CaptionFile.Entry("line 1", name, "mine")))
                        .isEqualTo(Path.of(name).toRealPath());
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> FolderDataSet.locate(
                                Path.of(here), new CaptionFile.Entry("line 2", "../" + name, "not")))
                        .withMessage("line 2: ../" + name + " lies outside the folder");
            }
        }
    }

    @Test
    void refusesLinksThatLeaveTheFolder() throws IOException {
        assumeThat(System.getProperty("os.name")).doesNotContain("Windows");
        Files.createSymbolicLink(folder.resolve("link.png"), temporary.resolve("outside.png"));
        list("captions.csv", "link.png,outside\n");
        refused("captions.csv, line 1: link.png lies outside the folder");
    }

    private void refused(String... message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FolderDataSet.open(folder, 16))
                .withMessageContainingAll(message);
    }

    private void list(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    /** Red, green and blue stripes from left to right. */
    private static void image(Path file, int width, int height) throws IOException {
        var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        var stripes = new Color[] {Color.RED, Color.GREEN, Color.BLUE};
        for (var y = 0; y < height; y++) {
            for (var x = 0; x < width; x++) {
                image.setRGB(x, y, stripes[3 * x / width].getRGB());
            }
        }
        var name = file.toString();
        ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile());
    }

    private static Color colour(BufferedImage image, int x, int y) {
        return new Color(image.getRGB(x, y));
    }
}
