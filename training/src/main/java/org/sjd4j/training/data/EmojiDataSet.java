package org.sjd4j.training.data;

import java.awt.image.BufferedImage;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A few hundred concepts, each drawn in five or six emoji styles: {@code red apple, noto style}.
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

    /** Of how many concepts in a hundred one style is held out; with six styles this is a tenth of the pairs. */
    private static final int HELD_OUT_PERCENT = 60;

    private final SvgRasteriser rasteriser;
    private final SequencedMap<CaptionedImage, Icon> icons;
    private final List<CaptionedImage> examples;

    /** Drawing takes 10 to 80 ms, a variation of a drawing a fraction of one; memory that is wanted back is given back. */
    private final Map<Drawing, SoftReference<Layer>> drawings = new ConcurrentHashMap<>();

    private record Drawing(CaptionedImage example, double scale) {}

    private EmojiDataSet(SvgRasteriser rasteriser, SequencedMap<CaptionedImage, Icon> icons) {
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
        var icons = new LinkedHashMap<CaptionedImage, Icon>();
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
            addTo(icons, concept.name(), drawings);
        }
        return new EmojiDataSet(new SvgRasteriser(size), icons);
    }

    private static void addTo(Map<CaptionedImage, Icon> icons, String concept, Map<EmojiStyle, Icon> drawings) {
        var heldOut = heldOut(concept, new ArrayList<>(drawings.keySet()));
        drawings.forEach((style, icon) -> {
            var word = style.word();
            var split = heldOut.contains(style) ? Split.HELD_OUT : Split.TRAIN;
            var caption = concept + ", " + word + " style";
            icons.put(new CaptionedImage(word + "/" + concept, caption, concept, word, split), icon);
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

    @Override
    public BufferedImage render(CaptionedImage example, Variation variation) {
        var icon = icons.get(example);
        if (icon == null) {
            throw new IllegalArgumentException("no example '" + example.id() + "' in this data set");
        }
        var drawing = new Drawing(example, variation.scale());
        var known = drawings.get(drawing);
        var layer = known == null ? null : known.get();
        if (layer == null) {
            layer = rasteriser.layer(icon, variation.scale());
            drawings.put(drawing, new SoftReference<>(layer));
        }
        return layer.onto(rasteriser.size(), variation);
    }
}
