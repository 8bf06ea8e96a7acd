package org.sjd4j.evaluation.metric;

import com.fasterxml.jackson.annotation.JsonAlias;
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
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.EvaluationPlan;
import org.sjd4j.evaluation.run.ImageRecord;
import org.sjd4j.evaluation.run.Summary;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.io.TextFile;
import tools.jackson.core.JacksonException;

/** What metrics say about an evaluation's images. It is kept in the directory {@code metrics}, and not computed twice. */
public final class MetricResults implements Summary.Metrics {
    private static final int DECIMALS = 2;

    private final Evaluation evaluation;
    private final List<ImageMetric> metrics;
    private final Listener listener;
    private final SortedSet<String> warnings = new TreeSet<>();

    /** Hears of what is measured next. */
    @FunctionalInterface
    public interface Listener {
        /** Called before a metric looks at a decoder's images. */
        void measuring(String heading, String decoder);
    }

    /** What a file holds. */
    record Kept(
            @JsonAlias("judge") String metric,
            @JsonAlias("pictures") int images,
            ImageMetric.Figure figure) {}

    /** Metrics of an evaluation. */
    public MetricResults(Evaluation evaluation, List<ImageMetric> metrics, Listener listener) {
        this.evaluation = evaluation;
        this.metrics = metrics;
        this.listener = listener;
    }

    @Override
    public List<Summary.MetricValue> of(DecoderChoice choice) {
        var images = evaluation.images(choice);
        var results = new ArrayList<Summary.MetricValue>();
        for (var metric : metrics) {
            var figure = figure(metric, choice, images);
            if (!figure.warning().isEmpty()) {
                warnings.add(metric.heading() + ": " + figure.warning());
            }
            var estimate = new Estimate(figure.value(), figure.standardError(), Double.NaN, images.size());
            results.add(new Summary.MetricValue(metric.key(), metric.heading(), Table.Cell.of(estimate, DECIMALS)));
        }
        return results;
    }

    /** Why figures should not be trusted, each reason once. */
    public SortedSet<String> warnings() {
        return warnings;
    }

    private ImageMetric.Figure figure(ImageMetric metric, DecoderChoice choice, List<ImageRecord> images) {
        Path file = evaluation
                .path(Evaluation.METRICS)
                .resolve(EvaluationPlan.Item.folder(choice))
                .resolve(metric.key() + ".json");
        var kept = read(file);
        if (kept != null && kept.metric().equals(metric.description()) && kept.images() == images.size()) {
            return kept.figure();
        }
        listener.measuring(metric.heading(), choice.label());
        var figure = metric.measure(images);
        var fresh = new Kept(metric.description(), images.size(), figure);
        AtomicFile.write(file, Json.text(fresh).getBytes(StandardCharsets.UTF_8));
        return figure;
    }

    private static @Nullable Kept read(Path file) {
        try {
            return Files.isRegularFile(file) ? Json.read(TextFile.read(file), Kept.class) : null;
        } catch (JacksonException _) {
            return null; // damaged: measured again
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
