package org.sjd4j.evaluation.metric;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The captions of a data set of things in styles: {@code octopus, twemoji style, small, on a yellow background}.
 *
 * @param things what is generated
 * @param styles words for how
 * @param backgrounds colours by the word for them, 0xRRGGBB; the empty word is the colour that goes without saying
 */
public record CaptionGrammar(List<String> things, List<String> styles, Map<String, Integer> backgrounds) {
    private static final String STYLE = " style";
    private static final String BACKGROUND = " background";

    /**
     * What a caption asks for.
     *
     * @param rest what follows the style, with its comma
     * @param background the word for its colour, or nothing
     */
    public record Asked(String thing, String style, String rest, String background) {
        /** The same caption of another thing. */
        String withThing(String other) {
            return other + ", " + style + STYLE + rest;
        }

        /** The same caption in another style. */
        String withStyle(String other) {
            return thing + ", " + other + STYLE + rest;
        }
    }

    /** What a caption asks for, if it is one of this grammar. */
    public Optional<Asked> parse(String caption) {
        String[] parts = caption.strip().split(", ", 3);
        if (parts.length < 2 || !parts[1].endsWith(STYLE)) {
            return Optional.empty();
        }
        String style = parts[1].substring(0, parts[1].length() - STYLE.length());
        if (!things.contains(parts[0]) || !styles.contains(style)) {
            return Optional.empty();
        }
        String rest = parts.length == 2 ? "" : ", " + parts[2];
        String background = "";
        if (rest.endsWith(BACKGROUND)) {
            String words = rest.substring(0, rest.length() - BACKGROUND.length());
            background = words.substring(words.lastIndexOf(' ') + 1);
            if (!backgrounds.containsKey(background)) {
                return Optional.empty();
            }
        }
        return Optional.of(new Asked(parts[0], style, rest, background));
    }
}
