package org.sjd4j.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmojiDataSetTest {
    private static final EmojiDataSet DATA = EmojiDataSet.load(64);

    @Test
    void has800ConceptsInAtLeastFiveStyles() {
        var styles =
                DATA.examples().stream().collect(Collectors.groupingBy(CaptionedImage::concept, Collectors.counting()));

        assertThat(styles).hasSize(800).containsKey("red apple");
        assertThat(styles.values()).allMatch(count -> count >= 5 && count <= 8);
    }

    @Test
    void idsAndCaptionsAreUnique() {
        assertThat(DATA.examples()).extracting(CaptionedImage::id).doesNotHaveDuplicates();
        assertThat(DATA.examples()).extracting(CaptionedImage::caption).doesNotHaveDuplicates();
    }

    /** Golden numbers: a model's held-out figures mean nothing if the split moves under it. */
    @Test
    void splitStaysAsItIs() {
        assertThat(DATA.examples(Split.TRAIN)).hasSize(5158);
        assertThat(DATA.captions(Split.HELD_OUT))
                .hasSize(495)
                .contains("red apple, streamline style", "unlocked, fluent style", "fox, emojione style");
    }

    @Test
    void splitIsDisjointAndLeavesFourStylesOfEachConcept() {
        var train = DATA.examples(Split.TRAIN);
        var heldOut = DATA.examples(Split.HELD_OUT);

        assertThat(train).doesNotContainAnyElementsOf(heldOut);
        assertThat(train.size() + heldOut.size()).isEqualTo(DATA.examples().size());
        assertThat(heldOut).extracting(CaptionedImage::concept).doesNotHaveDuplicates();
        assertThat(heldOut).extracting(CaptionedImage::style).contains("noto", "noto-v1", "fluent", "fluent-flat");
        assertThat(train.stream().collect(Collectors.groupingBy(CaptionedImage::concept, Collectors.counting())))
                .hasSize(800)
                .allSatisfy((concept, count) -> assertThat(count).isGreaterThanOrEqualTo(4));
    }

    @Test
    void anotherConceptLeavesTheSplitOfTheRestAlone() {
        var all = ConceptSelection.load().concepts();
        var few = EmojiDataSet.load(64, new ConceptSelection(all.subList(40, 60)));

        assertThat(DATA.examples()).containsAll(few.examples());
    }

    @Test
    void captionNamesTheBackgroundUnlessItIsWhite() {
        var apple = example("noto/red apple");

        assertThat(DATA.caption(apple, Variation.PLAIN)).isEqualTo("red apple, noto style");
        assertThat(DATA.caption(apple, Variation.on(Background.BLUE)))
                .isEqualTo("red apple, noto style, on a blue background");
        assertThat(DATA.caption(apple, Variation.on(Background.ORANGE))).endsWith(", on an orange background");
        assertThat(DATA.caption(apple, new Variation(Background.BLUE, -3, -8, 0.85, false)))
                .isEqualTo("red apple, noto style, small, at the top left, on a blue background");
        assertThat(DATA.captions(Split.TRAIN)).allMatch(caption -> caption.equals(caption.toLowerCase(Locale.ROOT)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0  | 0  | 1    | ''
            0  | 0  | 0.85 | ', small'
            0  | 0  | 1.2  | ', large'
            2  | -2 | 1    | ', in the middle'
            3  | 0  | 1    | ', at the right'
            -8 | 1  | 1    | ', at the left'
            1  | 3  | 1    | ', at the bottom'
            -3 | -3 | 1    | ', at the top left'
            """)
    void captionSaysHowADrawingIsPlaced(int shiftX, int shiftY, double scale, String phrase) {
        assertThat(new Variation(Background.WHITE, shiftX, shiftY, scale, false).phrase())
                .isEqualTo(phrase);
    }

    @Test
    void noImageIsBlankAndAllLeaveTheMarginFree() {
        DATA.examples().parallelStream().forEach(EmojiDataSetTest::assertWellPlaced);
    }

    private static void assertWellPlaced(CaptionedImage example) {
        var image = DATA.render(example, Variation.PLAIN);
        var ink = 0;
        for (var y = 0; y < 64; y++) {
            for (var x = 0; x < 64; x++) {
                var drawn = rgb(image, x, y) != 0xFFFFFF;
                ink += drawn ? 1 : 0;
                if (drawn && (x < 2 || y < 2 || x > 61 || y > 61)) {
                    fail(example.id() + " draws on the margin at " + x + ", " + y);
                }
            }
        }
        assertThat(ink).as(example.id()).isGreaterThan(64 * 64 / 20);
    }

    @Test
    void rendersTheSameImageAgain() {
        var apple = example("fluent/red apple");
        var first = pixels(DATA.render(apple, Variation.PLAIN));

        assertThat(pixels(DATA.render(apple, Variation.PLAIN))).isEqualTo(first);
        assertThat(pixels(EmojiDataSet.load(64).render(apple, Variation.PLAIN))).isEqualTo(first);
    }

    @Test
    void mirrorChangesLeftAndRight() {
        var duck = example("twemoji/duck");
        var plain = DATA.render(duck, Variation.PLAIN);
        var mirrored = DATA.render(duck, new Variation(Background.WHITE, 0, 0, 1, true));

        assertThat(pixels(mirrored)).isNotEqualTo(pixels(plain));
        forEachPixel((x, y) -> assertThat(rgb(mirrored, x, y)).isEqualTo(rgb(plain, 63 - x, y)));
    }

    @Test
    void shiftMovesTheDrawingAndFillsWithBackground() {
        var duck = example("twemoji/duck");
        var plain = DATA.render(duck, Variation.on(Background.GREEN));
        var shifted = DATA.render(duck, new Variation(Background.GREEN, 3, -2, 1, false));

        forEachPixel((x, y) -> assertThat(rgb(shifted, x, y))
                .isEqualTo(x < 3 || y > 61 ? Background.GREEN.rgb() : rgb(plain, x - 3, y + 2)));
    }

    @Test
    void mirrorComesBeforeTheShift() {
        var duck = example("twemoji/duck");
        var mirrored = DATA.render(duck, new Variation(Background.WHITE, 0, 0, 1, true));
        var both = DATA.render(duck, new Variation(Background.WHITE, 2, 0, 1, true));

        assertThat(rgb(both, 40, 40)).isEqualTo(rgb(mirrored, 38, 40));
    }

    @Test
    void backgroundColoursOnlyWhatTheDrawingLeavesFree() {
        var globe = example("fluent-flat/globe");
        var white = DATA.render(globe, Variation.PLAIN);
        for (var background : Background.named()) {
            var image = DATA.render(globe, Variation.on(background));

            assertThat(rgb(image, 0, 0)).isEqualTo(background.rgb());
            assertThat(rgb(image, 32, 32)).isEqualTo(rgb(white, 32, 32));
        }
    }

    @Test
    void backgroundsAreFarApart() {
        var colours = List.of(Background.values());
        for (var a : colours) {
            for (var b : colours) {
                assertThat(a == b ? 255 : distance(a.rgb(), b.rgb()))
                        .as(a + " and " + b)
                        .isGreaterThan(40);
            }
        }
        assertThat(Background.named()).doesNotContain(Background.WHITE).hasSize(11);
    }

    @Test
    void scaleSizesTheDrawingAboutTheMiddle() {
        var moon = example("noto-v1/full moon");
        var plain = inkWidth(DATA.render(moon, Variation.PLAIN));

        assertThat(inkWidth(DATA.render(moon, new Variation(Background.WHITE, 0, 0, 0.5, false))))
                .isCloseTo(plain / 2, within(2));
        assertThat(inkWidth(DATA.render(moon, new Variation(Background.WHITE, 0, 0, 2, false))))
                .isEqualTo(64);
    }

    @Test
    void aLargeDrawingIsNotCutWhenItIsShifted() {
        var globe = example("fluent-flat/globe");
        var shifted = DATA.render(globe, new Variation(Background.WHITE, -20, 0, 1.6, false));

        assertThat(rgb(shifted, 48, 32)).isNotEqualTo(0xFFFFFF);
    }

    @Test
    void movedVariationsFollowTheirSeed() {
        var seen = new HashSet<Variation>();
        for (var seed = 0; seed < 200; seed++) {
            var variation = Variation.moved(new SplittableRandom(seed), 4, List.of(0.9, 1.0));

            assertThat(Variation.moved(new SplittableRandom(seed), 4, List.of(0.9, 1.0)))
                    .isEqualTo(variation);
            assertThat(variation.shiftX()).isBetween(-4, 4);
            assertThat(variation.shiftY()).isBetween(-4, 4);
            seen.add(variation);
        }
        assertThat(seen).hasSizeGreaterThan(100);
    }

    @Test
    void refusesWhatIsNotItsOwn() {
        var stranger = new CaptionedImage("noto/yeti", "yeti, noto style", "yeti", "noto", Split.TRAIN);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> DATA.render(stranger, Variation.PLAIN))
                .withMessageContaining("noto/yeti");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EmojiDataSet.load(64, ConceptSelection.parse("yeti")))
                .withMessageContaining("'yeti' should be drawn in at least 5 styles");
    }

    private interface PixelCheck {
        void at(int x, int y);
    }

    private static void forEachPixel(PixelCheck check) {
        for (var y = 0; y < 64; y++) {
            for (var x = 0; x < 64; x++) {
                check.at(x, y);
            }
        }
    }

    private static CaptionedImage example(String id) {
        return DATA.examples().stream()
                .filter(example -> example.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static int rgb(BufferedImage image, int x, int y) {
        return image.getRGB(x, y) & 0xFFFFFF;
    }

    private static int[] pixels(BufferedImage image) {
        return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    }

    private static int inkWidth(BufferedImage image) {
        var width = 0;
        for (var x = 0; x < image.getWidth(); x++) {
            width += rgb(image, x, image.getHeight() / 2) == 0xFFFFFF ? 0 : 1;
        }
        return width;
    }

    private static double distance(int a, int b) {
        return Math.hypot(
                Math.hypot((a >> 16) - (b >> 16), (a >> 8 & 0xFF) - (b >> 8 & 0xFF)), (a & 0xFF) - (b & 0xFF));
    }
}
