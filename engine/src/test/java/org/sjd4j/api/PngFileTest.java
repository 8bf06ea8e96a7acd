package org.sjd4j.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Initialisation;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.ImageSize;
import org.sjd4j.tensor.Precision;

class PngFileTest {
    @TempDir
    private Path directory;

    private static Recipe recipe(String prompt, String negativePrompt) {
        var settings = new DecoderSettings(17, Initialisation.ABOVE, 5, 4, DecoderSettings.ALL, 0.125);
        var sampling = new Sampling(3.3, 0.9, 100, 0.95);
        return new Recipe(
                "a model",
                new Recipe.Parts("a tokenizer", "an adapter"),
                Precision.BFLOAT16,
                new Request(
                        prompt,
                        negativePrompt,
                        -7,
                        Decoders.SJD2_COUPLED,
                        settings,
                        sampling,
                        new ImageSize(640, 480)));
    }

    private static BufferedImage image() {
        var image = new BufferedImage(9, 5, BufferedImage.TYPE_INT_RGB);
        image.setRGB(3, 2, 0xff8040);
        return image;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "red apple, noto style",
                "an emoji \uD83C\uDF4E\uD83D\uDC69\u200D\uD83D\uDE80 at the end",
                "\u05EA\u05E4\u05D5\u05D7 \u05D0\u05D3\u05D5\u05DD",
                "\u062A\u0641\u0627\u062D\u0629 \u062D\u0645\u0631\u0627\u0621",
                "two\nlines\tand \u0001 a control character",
                "caf\u00E9 \u00FF",
                "<tag attribute='\"&amp;'>",
                " surrounded by spaces "
            })
    void whatIsWrittenIsRead(String prompt) {
        Path file = directory.resolve("image.png");
        PngFile.write(file, image(), recipe(prompt, "not " + prompt));
        assertThat(PngFile.read(file)).isEqualTo(recipe(prompt, "not " + prompt));
    }

    @Test
    void thePixelsAreTheImage() throws IOException {
        Path file = directory.resolve("image.png");
        PngFile.write(file, image(), recipe("p", ""));
        BufferedImage read = ImageIO.read(file.toFile());
        assertThat(read.getWidth()).isEqualTo(9);
        assertThat(read.getRGB(3, 2) & 0xffffff).isEqualTo(0xff8040);
    }

    @Test
    void nonAsciiTextIsUtf8InAnInternationalChunk() {
        byte[] bytes = PngFile.encode(image(), recipe("\uD83C\uDF4E", ""));
        String raw = new String(bytes, StandardCharsets.ISO_8859_1);
        String apple = new String("\uD83C\uDF4E".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(raw).contains("iTXtprompt\0\0\0\0\0" + apple).contains("tEXtseed\0-7");
    }

    @Test
    void onlyOurImagesHaveARecipe() throws IOException {
        Path plain = directory.resolve("plain.png");
        ImageIO.write(image(), "png", plain.toFile());
        assertRefused(plain, "does not say how it was made");
        Path text = Files.writeString(directory.resolve("text.png"), "hello");
        assertRefused(text, "is no PNG file");
        assertRefused(Files.createFile(directory.resolve("empty.png")), "is no PNG file");
        assertRefused(directory.resolve("missing.png"), "is no file");
        assertRefused(directory, "is no file");
    }

    /** Damage of any kind is a typed error or goes unnoticed, never another exception. */
    @Test
    void damageIsATypedError() throws IOException {
        byte[] whole = PngFile.encode(image(), recipe("\uD83C\uDF4E", "x"));
        Path file = directory.resolve("damaged.png");
        var random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 2_000; i++) {
            byte[] bytes = i < whole.length ? Arrays.copyOf(whole, i) : whole.clone();
            if (i >= whole.length) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, bytes);
            try {
                PngFile.read(file);
            } catch (PngFileException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void nothingIsLeftWhereNothingCanBeWritten() throws IOException {
        Path occupied = directory.resolve("occupied");
        Files.createDirectories(occupied.resolve("inside"));
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> PngFile.write(occupied, image(), recipe("p", "")));
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(occupied);
        }
    }

    private static void assertRefused(Path file, String why) {
        assertThatExceptionOfType(PngFileException.class)
                .isThrownBy(() -> PngFile.read(file))
                .withMessageContaining(why);
    }
}
