package org.sjd4j.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DominantColourTest {
    @ParameterizedTest
    @CsvSource({
        "DD2E44, RED", "E8453C, RED", "F4900C, ORANGE", "FFCC4D, YELLOW", "FFDC5D, YELLOW", "77B255, GREEN",
        "55ACEE, BLUE", "226699, BLUE", "744EAA, PURPLE", "F4ABBA, PINK", "EA596E, RED", "8A4B38, BROWN",
        "C1694F, BROWN", "A0705A, BROWN", "292F33, BLACK", "E1E8ED, WHITE", "99AAB5, GREY", "FFFFFF, WHITE"
    })
    void namesPlainColours(String rgb, DominantColour colour) {
        assertThat(DominantColour.of(filled(0xFF000000 | Integer.parseInt(rgb, 16), 100, 0)))
                .contains(colour);
    }

    /** What is transparent does not count, and a drawing of several colours has none. */
    @ParameterizedTest
    @CsvSource({"60, true", "50, false"})
    void aColourIsThatOfMostOfTheDrawing(int red, boolean named) {
        int[] pixels = filled(0xFFDD2E44, red, 100 - red);
        assertThat(DominantColour.of(pixels).isPresent()).isEqualTo(named);
        int[] withTransparent = Arrays.copyOf(pixels, 10_000);
        assertThat(DominantColour.of(withTransparent)).isEqualTo(DominantColour.of(pixels));
    }

    private static int[] filled(int argb, int first, int others) {
        int[] pixels = new int[first + others];
        Arrays.fill(pixels, 0, first, argb);
        Arrays.setAll(pixels, i -> i < first ? argb : 0xFF000000 | (i % 2 == 0 ? 0x77B255 : 0x55ACEE));
        return pixels;
    }
}
