package org.sjd4j.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Captions as people type them say what is true, and many different things. */
class TypedCaptionsTest {
    private static final List<String> NAMES = List.of("red apple", "owl", "scissors");
    private static final Variation MOVED = new Variation(Background.ORANGE, -8, -8, 0.85, false);

    private static List<String> captions(Optional<String> colour, Variation variation) {
        var typed = new TypedCaptions(new SplittableRandom(7));
        return Stream.generate(() -> typed.of(NAMES, "noto", colour, variation))
                .limit(2000)
                .toList();
    }

    @Test
    void plainImagesAreCalledByAllTheirNamesWithAndWithoutStyle() {
        var captions = captions(Optional.empty(), Variation.PLAIN);

        assertThat(captions)
                .contains("a red apple", "owl", "an owl", "scissors", "red apple, noto style", "the owl", "owl emoji")
                .allMatch(caption -> NAMES.stream().anyMatch(caption::contains));
        assertThat(new HashSet<>(captions)).hasSizeGreaterThan(250);
        assertThat(share(captions, "noto")).isBetween(0.45, 0.55);
        assertThat(share(captions, "background|on white|of white")).isBetween(0.05, 0.15);
        assertThat(captions).noneMatch(caption -> caption.contains("small") || caption.contains("  "));
    }

    @Test
    void whatIsNotPlainIsAlwaysSaid() {
        assertThat(captions(Optional.empty(), MOVED))
                .allMatch(caption -> caption.contains("orange"))
                .allMatch(caption -> caption.contains("top left"))
                .allMatch(caption ->
                        Pattern.compile("small|little|tiny").matcher(caption).find())
                .noneMatch(caption -> caption.contains("a orange"));
    }

    @Test
    void articlesFitTheNextWord() {
        assertThat(captions(Optional.of("orange"), MOVED))
                .noneMatch(caption -> Pattern.compile("\\ba [aeiou]|\\ban [^aeiou]|\\bana? scissors|\\ba scissors")
                        .matcher(caption)
                        .find());
    }

    @Test
    void aColourIsNamedSometimes() {
        assertThat(share(captions(Optional.of("purple"), Variation.PLAIN), "purple"))
                .isBetween(0.25, 0.35);
        assertThat(captions(Optional.of("grey"), Variation.PLAIN)).anyMatch(caption -> caption.contains("gray"));
    }

    private static double share(List<String> captions, String pattern) {
        var wanted = Pattern.compile(pattern);
        return captions.stream()
                        .filter(caption -> wanted.matcher(caption).find())
                        .count()
                / (double) captions.size();
    }
}
