package org.sjd4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/** Every kind of file gives the very numbers that Pillow gives; the fixtures' README says how they were made. */
class GoldenImagesTest {
    @Test
    void everyFileGivesPillowsPixels() throws IOException {
        var golden = ImageFixtures.golden();
        try (var files = Files.list(ImageFixtures.folder())) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> !name.equals("golden.tsv")))
                    .containsExactlyInAnyOrderElementsOf(golden.keySet());
        }
        var softly = new SoftAssertions();
        golden.forEach((name, expected) -> {
            var image = ImageFiles.read(ImageFixtures.folder().resolve(name));
            var found = new ImageFixtures.Golden(image.getWidth() + "x" + image.getHeight(), hash(image));
            softly.assertThat(found).as(name).isEqualTo(expected);
            softly.assertThat(image.getType()).as(name).isEqualTo(BufferedImage.TYPE_INT_RGB);
        });
        softly.assertAll();
    }

    @Test
    void garbageBehindAnImageDoesNotMatter() throws IOException {
        var softly = new SoftAssertions();
        ImageFixtures.golden().forEach((name, expected) -> {
            byte[] file = ImageFixtures.joined(ImageFixtures.bytes(name), new byte[77]);
            softly.assertThat(hash(ImageFiles.decode(file, name, Alpha.DROPPED)))
                    .as(name)
                    .isEqualTo(expected.hash());
        });
        softly.assertAll();
    }

    private static String hash(BufferedImage image) {
        int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        byte[] bytes = new byte[3 * pixels.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (pixels[i / 3] >> 16 - 8 * (i % 3));
        }
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
