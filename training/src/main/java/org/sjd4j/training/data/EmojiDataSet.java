package org.sjd4j.training.data;

import java.awt.image.BufferedImage;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Some hundred concepts, each drawn in five to eight emoji styles: {@code red apple, noto style}.
 *
 * <p>Some pairs of concept and style are held out, at most one of a concept: a model that draws them has understood
 * concept and style apart. Which ones depends on a hash of the names alone, so that a longer list of concepts leaves
 * the choice for the others as it is.
 *
 * <p>Drawings are remembered by example and scale, so a few scales are better than any number in between.
 */
public final class EmojiDataSet implements DataSet {
    /** The fewest styles that must draw a concept; one may be held out, and four are still there to learn from. */
    public static final int LEAST_STYLES = 5;

    /** Of how many concepts in a hundred one style is held out; with seven styles this is a twelfth of the pairs. */
    private static final int HELD_OUT_PERCENT = 60;

    private static final Pattern COLOURED = Pattern.compile(Arrays.stream(DominantColour.values())
            .map(DominantColour::word)
            .collect(Collectors.joining("|", "\\b(", "|golden|gold|silver)\\b")));

    private final SvgRasteriser rasteriser;
    private final SequencedMap<CaptionedImage, Drawn> icons;
    private final List<CaptionedImage> examples;

    /** Drawing takes 10 to 80 ms, a variation of a drawing a fraction of one; memory that is wanted back is given back. */
    private final Map<Drawing, SoftReference<Layer>> drawings = new ConcurrentHashMap<>();

    /** A drawing and what it may be called. */
    private record Drawn(Icon icon, List<String> names) {}

    private record Drawing(CaptionedImage example, double scale) {}

    private EmojiDataSet(SvgRasteriser rasteriser, SequencedMap<CaptionedImage, Drawn> icons) {
        this.rasteriser = rasteriser;
        this.icons = icons;
        this.examples = List.copyOf(icons.sequencedKeySet());
    }

    /**
     * Reads the emoji sets on the class path.
     *
     * @param size width and height of the rendered images
     */
    public static EmojiDataSet load(int size) {
        return load(size, ConceptSelection.load());
    }

    /**
     * Reads some concepts of the emoji sets on the class path.
     *
     * @throws IllegalArgumentException if fewer than {@value #LEAST_STYLES} styles draw one of them
     */
    public static EmojiDataSet load(int size, ConceptSelection selection) {
        var collection = EmojiCollection.read(selection);
        var icons = new LinkedHashMap<CaptionedImage, Drawn>();
        for (var concept : selection.concepts()) {
            var drawings = new LinkedHashMap<EmojiStyle, Icon>();
            for (var style : EmojiStyle.values()) {
                concept.icon(style)
                        .filter(collection.names(style)::contains)
                        .ifPresent(icon -> drawings.put(style, collection.icon(style, icon)));
            }
            if (drawings.size() < LEAST_STYLES) {
                throw new IllegalArgumentException("the concept '" + concept.name() + "' should be drawn in at least "
                        + LEAST_STYLES + " styles, but only these draw it: " + drawings.keySet());
            }
            addTo(icons, concept, drawings);
        }
        return new EmojiDataSet(new SvgRasteriser(size), icons);
    }

    private static void addTo(
            Map<CaptionedImage, Drawn> icons, ConceptSelection.Concept named, Map<EmojiStyle, Icon> drawings) {
        var concept = named.name();
        var heldOut = heldOut(concept, new ArrayList<>(drawings.keySet()));
        drawings.forEach((style, icon) -> {
            var word = style.word();
            var split = heldOut.contains(style) ? Split.HELD_OUT : Split.TRAIN;
            var caption = concept + ", " + word + " style";
            icons.put(
                    new CaptionedImage(word + "/" + concept, caption, concept, word, split),
                    new Drawn(icon, named.names()));
        });
    }

    /** No style or one. */
    private static List<EmojiStyle> heldOut(String concept, List<EmojiStyle> styles) {
        if (StableHash.percentile("held out? " + concept) >= HELD_OUT_PERCENT) {
            return List.of();
        }
        return styles.stream()
                .min(Comparator.comparingLong(style -> StableHash.of(style.word() + "/" + concept)))
                .stream()
                .toList();
    }

    @Override
    public List<CaptionedImage> examples() {
        return examples;
    }

    @Override
    public int size() {
        return rasteriser.size();
    }

    /** {@code red apple, noto style}, and {@code red apple, noto style, small, on a blue background} for a variation. */
    @Override
    public String caption(CaptionedImage example, Variation variation) {
        return example.caption() + variation.phrase();
    }

    /** {@inheritDoc} A colour is named only where the concept's own name has none. */
    @Override
    public List<String> otherCaptions(CaptionedImage example, Variation variation, int count, RandomGenerator random) {
        var names = drawn(example).names();
        var colour = COLOURED.matcher(example.concept()).find()
                ? Optional.<String>empty()
                : layer(example, 1).colour().map(DominantColour::word);
        var typed = new TypedCaptions(random);
        return Stream.generate(() -> typed.of(names, example.style(), colour, variation))
                .limit(count)
                .toList();
    }

    @Override
    public BufferedImage render(CaptionedImage example, Variation variation) {
        return layer(example, variation.scale()).onto(rasteriser.size(), variation);
    }

    private Layer layer(CaptionedImage example, double scale) {
        var icon = drawn(example).icon();
        var drawing = new Drawing(example, scale);
        var known = drawings.get(drawing);
        var layer = known == null ? null : known.get();
        if (layer == null) {
            layer = rasteriser.layer(icon, scale);
            drawings.put(drawing, new SoftReference<>(layer));
        }
        return layer;
    }

    private Drawn drawn(CaptionedImage example) {
        var drawn = icons.get(example);
        if (drawn == null) {
            throw new IllegalArgumentException("no example '" + example.id() + "' in this data set");
        }
        return drawn;
    }
}
