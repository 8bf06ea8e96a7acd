package org.sjd4j.evaluation.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.Json;
import org.sjd4j.evaluation.Table;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.io.TextFile;
import tools.jackson.core.JacksonException;

/** What judges say about an evaluation's images; it is kept in the directory {@code judged} and not asked twice. */
public final class MetricResults implements EvaluationSummary.Judged {
    private static final int DECIMALS = 2;

    private final Evaluation evaluation;
    private final List<ImageMetric> judges;
    private final Listener listener;
    private final SortedSet<String> warnings = new TreeSet<>();

    /** Hears of what is judged next. */
    @FunctionalInterface
    public interface Listener {
        /** Called before a judge looks at a decoder's images. */
        void judging(String heading, String decoder);
    }

    /** What a file holds. */
    record Kept(String judge, int pictures, ImageMetric.Figure figure) {}

    /** Judges for an evaluation. */
    public MetricResults(Evaluation evaluation, List<ImageMetric> judges, Listener listener) {
        this.evaluation = evaluation;
        this.judges = judges;
        this.listener = listener;
    }

    @Override
    public List<EvaluationSummary.MetricSums> of(DecoderChoice choice) {
        var pictures = evaluation.pictures(choice);
        var judgements = new ArrayList<EvaluationSummary.MetricSums>();
        for (var judge : judges) {
            var figure = figure(judge, choice, pictures);
            if (!figure.warning().isEmpty()) {
                warnings.add(judge.heading() + ": " + figure.warning());
            }
            var estimate = new Estimate(figure.value(), figure.standardError(), Double.NaN, pictures.size());
            judgements.add(
                    new EvaluationSummary.MetricSums(judge.key(), judge.heading(), Table.Cell.of(estimate, DECIMALS)));
        }
        return judgements;
    }

    /** Why figures should not be trusted, each reason once. */
    public SortedSet<String> warnings() {
        return warnings;
    }

    private ImageMetric.Figure figure(ImageMetric judge, DecoderChoice choice, List<ImageRecord> pictures) {
        Path file = evaluation
                .path("judged")
                .resolve(EvaluationPlan.Item.folder(choice))
                .resolve(judge.key() + ".json");
        var kept = read(file);
        if (kept != null && kept.judge().equals(judge.description()) && kept.pictures() == pictures.size()) {
            return kept.figure();
        }
        listener.judging(judge.heading(), choice.label());
        var figure = judge.judge(pictures);
        var fresh = new Kept(judge.description(), pictures.size(), figure);
        AtomicFile.write(file, Json.text(fresh).getBytes(StandardCharsets.UTF_8));
        return figure;
    }

    private static @Nullable Kept read(Path file) {
        try {
            return Files.isRegularFile(file) ? Json.read(TextFile.read(file), Kept.class) : null;
        } catch (JacksonException _) {
            return null; // damaged: judged again
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
