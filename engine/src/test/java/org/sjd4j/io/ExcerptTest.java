package org.sjd4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExcerptTest {
    private static final String APPLE = "\uD83C\uDF4E";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "red apple",
                "größer",
                "\uD83C\uDF4E",
                "می\u200Cخواهم",
                "\uD83D\uDC69\u200D\uD83D\uDE80",
                "\\n"
            })
    void whatCanBeSeenStays(String text) {
        assertThat(Excerpt.of(text)).isEqualTo(text);
        assertThat(Excerpt.visible(text)).isSameAs(text);
    }

    @Test
    void whatSteersATerminalIsAnEscape() {
        assertThat(Excerpt.of("a\u001b[31mb\u0007\n\r\t\u0085\u009b2J\u202egpj\u2028\uFEFF\uD83C!\uDB40\uDC41"))
                .isEqualTo("a\\u001b[31mb\\u0007\\n\\r\\t\\u0085\\u009b2J\\u202egpj\\u2028\\ufeff\\ud83c!\\u{e0041}");
    }

    @Test
    void longTextIsCutBetweenCharacters() {
        assertThat(Excerpt.of("a".repeat(80))).hasSize(80);
        assertThat(Excerpt.of("a".repeat(100_000))).isEqualTo("a".repeat(80) + "...");
        assertThat(Excerpt.of(APPLE.repeat(3), 3)).isEqualTo(APPLE.repeat(3));
        assertThat(Excerpt.of(APPLE.repeat(4), 3)).isEqualTo(APPLE.repeat(3) + "...");
    }

    @Test
    void ofALongMessageBothEndsAreKept() {
        assertThat(Excerpt.ends("a\u001bb", 3)).isEqualTo("a\\u001bb");
        assertThat(Excerpt.ends("no '" + APPLE.repeat(1000) + "'; choose", 15))
                .isEqualTo("no '" + APPLE.repeat(4) + "... choose");
    }

    @Test
    void ofManyWordsTheFirstAreNamed() {
        assertThat(Excerpt.list(List.of("a", "b\u001b"))).isEqualTo("a, b\\u001b");
        assertThat(Excerpt.list(List.of("x".repeat(99_999)))).isEqualTo("x".repeat(40) + "...");
        var many = IntStream.range(0, 5000).mapToObj(i -> "w" + i).toList();
        assertThat(Excerpt.list(many)).isEqualTo("w0, w1, w2, w3, w4, w5, w6, w7, w8, w9 and 4990 more");
        assertThat(Excerpt.list(Collections.nCopies(10, "a"))).doesNotContain("more");
    }

    @Test
    void nothingHiddenIsLeft() {
        long seed = System.nanoTime();
        var random = new SplittableRandom(seed);
        for (int i = 0; i < 2000; i++) {
            var text = new StringBuilder();
            for (int j = random.nextInt(200); j > 0; j--) {
                text.append((char) random.nextInt(random.nextBoolean() ? 0x300 : 0x10000));
            }
            String excerpt = Excerpt.of(text.toString(), 50);
            assertThat(excerpt.codePoints().noneMatch(Excerpt::isHidden))
                    .as("seed %d, text %d", seed, i)
                    .isTrue();
            assertThat(excerpt.length()).as("seed %d, text %d", seed, i).isLessThanOrEqualTo(50 * 9 + 3);
        }
    }
}
