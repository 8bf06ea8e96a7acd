package org.sjd4j.cli.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.metric.AttributeCheck;
import org.sjd4j.evaluation.metric.CaptionGrammar;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.ImageRecord;
import org.sjd4j.metrics.TextImageMetric;
import org.sjd4j.options.Console;
import org.sjd4j.options.Progress;
import org.sjd4j.training.data.Background;
import org.sjd4j.training.data.CaptionedImage;
import org.sjd4j.training.data.ConceptSelection;
import org.sjd4j.training.data.EmojiDataSet;
import org.sjd4j.training.data.EmojiStyle;
import org.sjd4j.training.data.Variation;

/** Whether images show the things, styles and backgrounds of the emoji data set that their captions ask for. */
final class EmojiCheck {
    private final CaptionGrammar grammar;
    private final AttributeCheck check;

    EmojiCheck(TextImageMetric metric) {
        grammar = new CaptionGrammar(
                ConceptSelection.load().concepts().stream()
                        .map(ConceptSelection.Concept::name)
                        .toList(),
                Arrays.stream(EmojiStyle.values()).map(EmojiStyle::word).toList(),
                Arrays.stream(Background.values())
                        .collect(Collectors.toMap(EmojiCheck::word, Background::rgb, (a, b) -> a, LinkedHashMap::new)));
        check = new AttributeCheck(grammar, metric);
    }

    private static String word(Background background) {
        return background == Background.WHITE ? "" : background.name().toLowerCase(Locale.ROOT);
    }

    /** A row for each decoder below one for the real images, or nothing if no prompt is a caption of the data set. */
    @Nullable
    Table table(Console console, Evaluation evaluation, int size) {
        if (evaluation.plan().prompts().stream()
                .noneMatch(prompt -> grammar.parse(prompt.text()).isPresent())) {
            return null;
        }
        var rows = new ArrayList<List<Table.Cell>>();
        rows.add(AttributeCheck.row("real images", real(console, evaluation, size)));
        for (DecoderChoice choice : evaluation.plan().choices()) {
            Progress.say(console, "what the images of " + choice.label() + " show");
            rows.add(AttributeCheck.row(
                    choice.label(),
                    evaluation.images(choice).stream()
                            .map(image -> found(evaluation, image))
                            .flatMap(Optional::stream)
                            .toList()));
        }
        return AttributeCheck.table(rows);
    }

    private Optional<AttributeCheck.Found> found(Evaluation evaluation, ImageRecord image) {
        return check.find(image.prompt(), evaluation.image(image));
    }

    /** The most that the metric can be expected to find: what it finds in the drawings that the captions belong to. */
    private List<AttributeCheck.Found> real(Console console, Evaluation evaluation, int size) {
        Progress.say(console, "what the real images show");
        var data = EmojiDataSet.load(size);
        Map<String, CaptionedImage> examples = data.examples().stream()
                .collect(Collectors.toMap(CaptionedImage::caption, example -> example, (a, b) -> a));
        var found = new ArrayList<AttributeCheck.Found>();
        for (var prompt : evaluation.plan().prompts()) {
            grammar.parse(prompt.text()).ifPresent(asked -> {
                var background = Background.valueOf(
                        asked.background().isEmpty()
                                ? "WHITE"
                                : asked.background().toUpperCase(Locale.ROOT));
                var variation = Variation.on(background);
                var example = examples.get(asked.thing() + ", " + asked.style() + " style");
                if (example != null && asked.rest().equals(variation.phrase())) {
                    check.find(prompt.text(), data.render(example, variation)).ifPresent(found::add);
                }
            });
        }
        return found;
    }
}
