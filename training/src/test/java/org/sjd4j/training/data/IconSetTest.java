package org.sjd4j.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IconSetTest {
    /** A red square in the upper left quarter of a box of 20; aliases come first and defaults last, as they may. */
    private static final String SET = """
            {"prefix": "test", "info": {"author": {"name": "nobody"}, "width": 3},
             "aliases": {
               "flipped": {"parent": "corner", "hFlip": true},
               "flipped-back": {"parent": "flipped", "hFlip": true},
               "upside-down": {"parent": "corner", "vFlip": true},
               "turned": {"parent": "corner", "rotate": 1},
               "turned-thrice": {"parent": "turned", "rotate": 2},
               "flipped-then-turned": {"parent": "corner", "hFlip": true, "rotate": 1},
               "cut": {"parent": "corner", "width": 10, "height": 10},
               "circle": {"parent": "circle-too"}, "circle-too": {"parent": "circle"},
               "orphan": {"parent": "nobody"}},
             "icons": {
               "corner": {"body": "<path d='M0 0h10v10H0z' fill='red'/>"},
               "offset": {"body": "<path d='M100 50h10v10h-10z' fill='red'/>", "left": 100, "top": 50, "hidden": true},
               "tall": {"body": "<path d='M0 0h10v40H0z' fill='red'/>", "width": 10, "height": 40, "rotate": 1},
               "empty": {"width": 10}},
             "width": 20, "height": 20}
            """;

    @Test
    void readsOnlyWhatIsWanted() {
        assertThat(read("corner", "no-such-icon")).containsOnlyKeys("corner");
        assertThat(read("corner").get("corner"))
                .isEqualTo(new Icon("<path d='M0 0h10v10H0z' fill='red'/>", 0, 0, 20, 20, 0, false, false));
    }

    @Test
    void aByteOrderMarkIsNoPartOfASet() {
        assertThat(IconSet.read("test", () -> stream("\uFEFF" + SET), Set.of("corner")))
                .isEqualTo(read("corner"));
    }

    @Test
    void assumesSixteenUnitsWhereNothingIsSaid() {
        var icon = IconSet.read("bare", () -> stream("{\"icons\": {\"a\": {\"body\": \"<g/>\"}}}"), Set.of("a"))
                .get("a");

        assertThat(icon).isEqualTo(new Icon("<g/>", 0, 0, 16, 16, 0, false, false));
    }

    @Test
    void aliasesFlipTurnAndCut() {
        assertThat(quarters("corner")).isEqualTo("#...");
        assertThat(quarters("offset")).isEqualTo("#...");
        assertThat(quarters("flipped")).isEqualTo(".#..");
        assertThat(quarters("flipped-back")).isEqualTo("#...");
        assertThat(quarters("upside-down")).isEqualTo("..#.");
        assertThat(quarters("turned")).isEqualTo(".#..");
        assertThat(quarters("turned-thrice")).isEqualTo("..#.");
        assertThat(quarters("flipped-then-turned")).isEqualTo("...#");
        assertThat(quarters("cut")).isEqualTo("####");
    }

    @Test
    void aTurnedIconIsFittedByItsTurnedBox() {
        var icon = one("tall");
        var image = new SvgRasteriser(64).render(icon, Variation.PLAIN);

        assertThat(icon.turnedWidth()).isEqualTo(40);
        assertThat(icon.turnedHeight()).isEqualTo(10);
        assertThat(red(image, 6, 32)).isTrue();
        assertThat(red(image, 57, 32)).isTrue();
        assertThat(red(image, 32, 20)).isFalse();
    }

    @Test
    void tellsWhatIsWrongWithASet() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("circle"))
                .withMessageContaining("icon set test: the alias 'circle' should lead to an icon");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("orphan"))
                .withMessageContaining("goes astray at 'nobody'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("empty"))
                .withMessageContaining("'empty' has no body");
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> IconSet.read(
                        "gone",
                        () -> {
                            throw new FileNotFoundException();
                        },
                        Set.of("a")))
                .withMessage("cannot read the icon set gone");
    }

    private static Map<String, Icon> read(String... names) {
        return IconSet.read("test", () -> stream(SET), Set.of(names));
    }

    private static Icon one(String name) {
        return Objects.requireNonNull(read(name).get(name));
    }

    private static ByteArrayInputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Which quarters of the drawing are red, in reading order. */
    private static String quarters(String name) {
        var icon = one(name);
        var image = new SvgRasteriser(64).render(icon, Variation.PLAIN);
        var result = new StringBuilder();
        for (var y : new int[] {20, 44}) {
            for (var x : new int[] {20, 44}) {
                result.append(red(image, x, y) ? '#' : '.');
            }
        }
        return result.toString();
    }

    private static boolean red(BufferedImage image, int x, int y) {
        return (image.getRGB(x, y) & 0xFFFFFF) == 0xFF0000;
    }
}
