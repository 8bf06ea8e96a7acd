package org.sjd4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The expected pixels are those of Pillow 12.3.0, {@code image.resize(size, Image.BICUBIC)}. */
class BicubicResizeTest {
    private static final BufferedImage IMAGE = image();

    private static BufferedImage image() {
        var image = new BufferedImage(7, 5, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 5; y++) {
            for (int x = 0; x < 7; x++) {
                int red = (x * 37 + y * 91) % 256;
                int green = (x * x * 11 + y * 5) % 256;
                int blue = (x + y) % 2 == 0 ? 0 : 255;
                image.setRGB(x, y, red << 16 | green << 8 | blue);
            }
        }
        return image;
    }

    private static String pixels(BufferedImage image) {
        int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        return IntStream.of(pixels)
                .mapToObj(pixel -> String.format(Locale.ROOT, "%06x", pixel & 0xffffff))
                .collect(Collectors.joining(" "));
    }

    @Test
    void shrinksAsPillowDoes() {
        assertThat(pixels(BicubicResize.resize(IMAGE, 3, 2))).isEqualTo("5f0c7e 826780 85667e 6e187e 747380 7e727e");
    }

    @Test
    void growsAsPillowDoes() {
        String grown = pixels(BicubicResize.resize(IMAGE, 9, 8));
        assertThat(grown).startsWith("000000 0f05c8 2e1798 4b3612 6863ff 84ae12 ad5398 d52fc8 ec9200 1f0172");
        assertThat(grown).endsWith("711300 8919c8 a82b98 ca4a12 e277ff 1bc212 006798 2843c8 40a600");
    }

    @Test
    void oneSideCanStay() {
        assertThat(pixels(BicubicResize.resize(IMAGE, 7, 3)))
                .startsWith("28026a 4d0d95 722e6a 976595 bcb26a 6f1595 948e6a 800a7e a51581 36367e");
        assertThat(pixels(BicubicResize.resize(IMAGE, 7, 5))).isEqualTo(pixels(IMAGE));
    }

    @Test
    void aSideMustBePositive() {
        assertThatThrownBy(() -> BicubicResize.resize(IMAGE, 0, 3)).hasMessageContaining("0x3");
    }
}
