package org.sjd4j.evaluation.metric;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.sjd4j.evaluation.Proportion;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.Table.Cell;
import org.sjd4j.image.Rgb;
import org.sjd4j.metrics.TextImageMetric;

/**
 * Whether an image shows what its caption asks for, category by category, in the manner of GenEval (Ghosh et al., arXiv
 * 2310.11513): the thing and the style by a metric, which is to find the caption's own among all others, the background by
 * the colour of the image's edge.
 */
public final class AttributeCheck {
    /** The edge in pixels that is looked at for the background. */
    private static final int EDGE = 3;

    private final CaptionGrammar grammar;
    private final TextImageMetric metric;
    private final Map<String, float[]> texts = new HashMap<>();

    /** A check of captions of a grammar. */
    public AttributeCheck(CaptionGrammar grammar, TextImageMetric metric) {
        this.grammar = grammar;
        this.metric = metric;
    }

    /**
     * What an image was found to show.
     *
     * @param caption that was asked for
     * @param backgroundAsked whether it named one
     */
    public record Found(String caption, boolean thing, boolean style, boolean background, boolean backgroundAsked) {
        boolean all() {
            return thing && style && background;
        }
    }

    /** Measures an image, if its caption is one of the grammar. */
    public Optional<Found> find(String caption, BufferedImage image) {
        return grammar.parse(caption).map(asked -> {
            float[] shown = metric.image(image);
            boolean thing = isClosest(
                    shown,
                    caption,
                    grammar.things().stream().map(asked::withThing).toList());
            boolean style = isClosest(
                    shown,
                    caption,
                    grammar.styles().stream().map(asked::withStyle).toList());
            boolean background = background(image).equals(asked.background());
            return new Found(
                    caption, thing, style, background, !asked.background().isEmpty());
        });
    }

    private boolean isClosest(float[] shown, String caption, List<String> candidates) {
        double own = TextImageMetric.cosine(shown, text(caption));
        return candidates.stream()
                .filter(candidate -> !candidate.equals(caption))
                .noneMatch(candidate -> TextImageMetric.cosine(shown, text(candidate)) >= own);
    }

    private float[] text(String caption) {
        return texts.computeIfAbsent(caption, metric::text);
    }

    /** The word for the colour of an image's edge: the median of every channel, and the nearest colour that has a name. */
    String background(BufferedImage generated) {
        var image = Rgb.of(generated);
        var edge = new ArrayList<Integer>();
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                boolean inside = x >= EDGE && y >= EDGE && x < image.getWidth() - EDGE && y < image.getHeight() - EDGE;
                if (!inside) {
                    edge.add(image.getRGB(x, y));
                }
            }
        }
        int[] median = {median(edge, 16), median(edge, 8), median(edge, 0)};
        return grammar.backgrounds().entrySet().stream()
                .min(Comparator.comparingInt(named -> distance(median, named.getValue())))
                .map(Map.Entry::getKey)
                .orElse("");
    }

    private static int median(List<Integer> pixels, int shift) {
        int[] levels = pixels.stream().mapToInt(pixel -> pixel >> shift & 0xff).toArray();
        Arrays.sort(levels);
        return levels[levels.length / 2];
    }

    private static int distance(int[] colour, int rgb) {
        int sum = 0;
        for (int i = 0; i < 3; i++) {
            int difference = colour[i] - (rgb >> 16 - 8 * i & 0xff);
            sum += difference * difference;
        }
        return sum;
    }

    /** A row of the table: a name and how often each category was right, with 95 % intervals over captions. */
    public static List<Cell> row(String name, List<Found> found) {
        var withBackground = found.stream().filter(Found::backgroundAsked).toList();
        return List.of(
                Cell.of(name),
                cell(found, Found::thing),
                cell(found, Found::style),
                cell(withBackground, Found::background),
                cell(found, Found::background),
                cell(found, Found::all),
                Cell.of(found.size()));
    }

    private static Cell cell(List<Found> found, Function<Found, Boolean> right) {
        var byCaption = found.stream()
                .collect(Collectors.groupingBy(Found::caption, Collectors.mapping(right, Collectors.toList())));
        return Cell.of(Proportion.ofGroups(byCaption.values()));
    }

    /** The table of such rows. */
    public static Table table(List<List<Cell>> rows) {
        return new Table(
                "What the images show",
                Table.columns(
                        "decoder", "decoder",
                        "thing", "thing, first of all [95 %]",
                        "style", "style, first of all",
                        "background", "background, where named",
                        "background_or_white", "background, all",
                        "all", "everything asked for",
                        "images", "images"),
                rows);
    }
}
