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

/** What judges say about an evaluation's images; it is kept in the directory {@code measured} and not asked twice. */
public final class MetricResults implements EvaluationSummary.Measured {
    private static final int DECIMALS = 2;

    private final Evaluation evaluation;
    private final List<ImageMetric> metrics;
    private final Listener listener;
    private final SortedSet<String> warnings = new TreeSet<>();

    /** Hears of what is judged next. */
    @FunctionalInterface
    public interface Listener {
        /** Called before a judge looks at a decoder's images. */
        void measuring(String heading, String decoder);
    }

    /** What a file holds. */
    record Kept(String metric, int images, ImageMetric.Figure figure) {}

    /** Judges for an evaluation. */
    public MetricResults(Evaluation evaluation, List<ImageMetric> metrics, Listener listener) {
        this.evaluation = evaluation;
        this.metrics = metrics;
        this.listener = listener;
    }

    @Override
    public List<EvaluationSummary.MetricSums> of(DecoderChoice choice) {
        var images = evaluation.images(choice);
        var results = new ArrayList<EvaluationSummary.MetricSums>();
        for (var metric : metrics) {
            var figure = figure(metric, choice, images);
            if (!figure.warning().isEmpty()) {
                warnings.add(metric.heading() + ": " + figure.warning());
            }
            var estimate = new Estimate(figure.value(), figure.standardError(), Double.NaN, images.size());
            results.add(new EvaluationSummary.MetricSums(
                    metric.key(), metric.heading(), Table.Cell.of(estimate, DECIMALS)));
        }
        return results;
    }

    /** Why figures should not be trusted, each reason once. */
    public SortedSet<String> warnings() {
        return warnings;
    }

    private ImageMetric.Figure figure(ImageMetric metric, DecoderChoice choice, List<ImageRecord> images) {
        Path file = evaluation
                .path("judged")
                .resolve(EvaluationPlan.Item.folder(choice))
                .resolve(metric.key() + ".json");
        var kept = read(file);
        if (kept != null && kept.metric().equals(metric.description()) && kept.images() == images.size()) {
            return kept.figure();
        }
        listener.measuring(metric.heading(), choice.label());
        var figure = metric.metric(images);
        var fresh = new Kept(metric.description(), images.size(), figure);
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
