package org.sjd4j.training.data;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Captions as people type them: {@code a red car}, {@code kitten emoji on a green background}, {@code noto style pizza}. They
 * vary in name, article, style, place and background, and in the order of words; what they say is true of the image.
 */
final class TypedCaptions {
    private static final double ARTICLE = 0.5;
    private static final double COLOUR = 0.3;
    private static final double KIND = 0.25;
    private static final double STYLE = 0.5;
    private static final double WHITE = 0.1;
    private static final double BACKGROUND_FIRST = 0.1;

    private static final List<String> SMALL = List.of("small", "little", "tiny");
    private static final List<String> LARGE = List.of("large", "big", "huge");
    private static final List<String> KINDS_BEFORE =
            List.of("emoji of", "an emoji of", "icon of", "an icon of", "picture of", "a picture of", "drawing of");
    private static final List<String> KINDS_BEHIND = List.of("emoji", "icon", "picture", "drawing");
    private static final List<String> STYLES_BEFORE = List.of("%s", "%s style", "%s-style");
    private static final List<String> STYLES_BEHIND =
            List.of(", %s style", " in %s style", ", %s", " in the %s style", " %s style");
    private static final List<String> BACKGROUNDS = List.of(
            "on a %s background",
            "with a %s background", "%s background", "on %s", "against a %s background", "in front of %s");

    private final RandomGenerator random;

    /** @param random best one that is seeded by the image, so that a resumed run reads the same captions */
    TypedCaptions(RandomGenerator random) {
        this.random = random;
    }

    /**
     * One caption.
     *
     * @param names what the thing may be called, at least one
     * @param style the word for how it is drawn
     * @param colour a colour that is true of the whole thing
     */
    String of(List<String> names, String style, Optional<String> colour, Variation variation) {
        String thing = any(names);
        boolean styled = random.nextDouble() < STYLE;
        boolean styleBefore = styled && random.nextInt(3) == 0;
        boolean kind = random.nextDouble() < KIND;
        boolean kindBefore = kind && random.nextBoolean();

        var text = new StringBuilder(thing);
        if (colour.isPresent() && random.nextDouble() < COLOUR) {
            text.insert(0, spelled(colour.get()) + " ");
        }
        if (variation.scale() != 1) {
            text.insert(0, any(variation.scale() < 1 ? SMALL : LARGE) + " ");
        }
        if (styleBefore) {
            text.insert(0, any(STYLES_BEFORE).formatted(style) + " ");
        }
        if (kind && !kindBefore) {
            text.append(' ').append(any(KINDS_BEHIND));
        }
        if (random.nextDouble() < ARTICLE && !isPlural(thing)) {
            text.insert(0, random.nextInt(6) == 0 ? "the " : article(text.toString()) + " ");
        }
        if (kindBefore) {
            text.insert(0, any(KINDS_BEFORE) + " ");
        }
        if (styled && !styleBefore) {
            text.append(any(STYLES_BEHIND).formatted(style));
        }
        text.append(place(variation));
        return withBackground(text.toString(), variation.background());
    }

    private String place(Variation variation) {
        String corner = variation.corner();
        if (corner.isEmpty()) {
            return "";
        }
        return random.nextBoolean() ? " at the " + corner : ", " + corner;
    }

    private String withBackground(String text, Background background) {
        if (background == Background.WHITE && random.nextDouble() >= WHITE) {
            return text;
        }
        String colour = background.name().toLowerCase(Locale.ROOT);
        String form = any(BACKGROUNDS);
        String phrase = form.replace("a %s", article(colour) + " %s").formatted(spelled(colour));
        if (random.nextDouble() < BACKGROUND_FIRST) {
            return phrase + ", " + text;
        }
        return text + (form.startsWith("%s") || random.nextInt(4) == 0 ? ", " : " ") + phrase;
    }

    private String spelled(String colour) {
        return colour.equals("grey") && random.nextBoolean() ? "gray" : colour;
    }

    private static boolean isPlural(String thing) {
        return thing.endsWith("s") && !thing.endsWith("ss") && !thing.endsWith("us");
    }

    private static String article(String text) {
        return "aeiou".indexOf(text.charAt(0)) >= 0 ? "an" : "a";
    }

    private String any(List<String> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
