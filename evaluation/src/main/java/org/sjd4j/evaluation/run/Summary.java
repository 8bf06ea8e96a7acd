package org.sjd4j.evaluation.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.Proportion;
import org.sjd4j.evaluation.SpeedUp;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.Table.Cell;

/**
 * The figures of one decoder of an evaluation; standard errors are those of {@link PromptMeans}.
 *
 * @param choice the decoder
 * @param images number of images
 * @param steps forward passes per image
 * @param stepCompression accepted tokens per forward pass
 * @param seconds from request to image
 * @param speedUp over autoregression, by {@code seconds}
 * @param phases mean seconds of prefill, model, sampling and image decoding
 * @param overhead share of the decode loop outside of forward passes
 * @param rowsPerPass mean rows of a forward pass
 * @param changedDrafts share of refinements that changed the draft's token
 * @param identical share of images that are token for token those of autoregression
 * @param sameTokens mean share of tokens that are those of autoregression
 * @param firstDifference the earliest position of any image with another token than autoregression's, or nothing
 * @param peakMemory most resident memory of the process in MiB while an image was made; NaN where the system does not tell
 * @param metrics what metrics found, a column each
 */
public record Summary(
        DecoderChoice choice,
        int images,
        Estimate steps,
        Estimate stepCompression,
        Estimate seconds,
        SpeedUp speedUp,
        Map<String, Double> phases,
        double overhead,
        double rowsPerPass,
        double changedDrafts,
        Proportion identical,
        Estimate sameTokens,
        @Nullable Integer firstDifference,
        Estimate peakMemory,
        List<MetricValue> metrics) {
    private static final double MEBI = 1 << 20;

    /**
     * What a metric found of a decoder's images.
     *
     * @param key of the column
     * @param heading of the column
     * @param figure in print and as data
     */
    public record MetricValue(String key, String heading, Cell figure) {}

    /** What metrics found of each decoder's images. */
    @FunctionalInterface
    public interface Metrics {
        /** No metrics. */
        Metrics NONE = choice -> List.of();

        /** The figures of a decoder's images, the same ones for every decoder. */
        List<MetricValue> of(DecoderChoice choice);
    }

    /**
     * Sums up.
     *
     * @param images of the decoder
     * @param baseline of autoregression, for the same prompts and seeds in the same order
     */
    public static Summary of(
            DecoderChoice choice,
            List<ImageRecord> images,
            List<ImageRecord> baseline,
            @Nullable Integer firstDifference,
            List<MetricValue> metrics) {
        var phases = new LinkedHashMap<String, Double>();
        phases.put("prefill", mean(images, image -> image.seconds().prefill()));
        phases.put("model", mean(images, image -> image.seconds().model()));
        phases.put("sampling", mean(images, image -> image.seconds().sampling()));
        phases.put("image_decode", mean(images, image -> image.seconds().imageDecode()));
        long refined = sum(images, ImageRecord::refinedDrafts);
        return new Summary(
                choice,
                images.size(),
                PromptMeans.estimate(images, ImageRecord::steps),
                PromptMeans.estimate(images, ImageRecord::stepCompression),
                PromptMeans.estimate(images, image -> image.seconds().total()),
                PromptMeans.ratio(baseline, images, image -> image.seconds().total()),
                phases,
                mean(images, Summary::overhead),
                sum(images, ImageRecord::rows) / (double) sum(images, ImageRecord::steps),
                refined == 0 ? 0 : sum(images, ImageRecord::changedDrafts) / (double) refined,
                PromptMeans.share(images, ImageRecord::identicalToAr),
                PromptMeans.estimate(images, ImageRecord::sameTokens),
                firstDifference,
                Estimate.of(images.stream()
                        .map(ImageRecord::peakMemoryBytes)
                        .filter(Objects::nonNull)
                        .mapToDouble(bytes -> bytes / MEBI)
                        .toArray()),
                metrics);
    }

    private static double overhead(ImageRecord image) {
        var seconds = image.seconds();
        return seconds.sampling() / (seconds.model() + seconds.sampling());
    }

    private static double mean(List<ImageRecord> images, ToDoubleFunction<ImageRecord> figure) {
        return images.stream().mapToDouble(figure).average().orElse(Double.NaN);
    }

    private static long sum(List<ImageRecord> images, ToLongFunction<ImageRecord> figure) {
        return images.stream().mapToLong(figure).sum();
    }

    /** The table of a paper: one row for each decoder. */
    static Table table(List<Summary> summaries) {
        var columns = new ArrayList<>(Table.columns(
                "decoder", "decoder",
                "lossless", "lossless",
                "window", "window, rows",
                "denoising_steps", "K",
                "steps", "steps",
                "step_compression", "step compression",
                "latency_seconds", "latency, s",
                "latency_speed_up", "latency speed-up [95 %]"));
        for (var metric : summaries.getFirst().metrics()) {
            columns.add(new Table.Column(metric.key(), metric.heading()));
        }
        columns.addAll(Table.columns(
                "peak_memory_mib", "memory, MiB",
                "identical_to_ar", "identical to ar",
                "same_tokens", "same tokens",
                "images", "images"));
        return new Table(
                "Decoders", columns, summaries.stream().map(Summary::row).toList());
    }

    private List<Cell> row() {
        var cells = new ArrayList<>(List.of(
                Cell.of(choice.label()),
                Cell.of(choice.decoder().lossless()),
                Cell.of(choice.window()),
                Cell.of(choice.denoisingSteps()),
                Cell.of(steps, 1),
                Cell.of(stepCompression, 2),
                Cell.of(seconds, 2),
                choice.isBaseline() ? new Cell("1x", speedUp) : Cell.of(speedUp)));
        metrics.forEach(metric -> cells.add(metric.figure()));
        cells.addAll(List.of(Cell.of(peakMemory, 0), Cell.of(identical), Cell.share(sameTokens), Cell.of(images)));
        return cells;
    }

    /** What explains the figures of {@link #table}. */
    static Table passes(List<Summary> summaries) {
        var columns = Table.columns(
                "decoder", "decoder",
                "rows_per_pass", "rows of a pass",
                "changed_drafts", "drafts changed per refinement",
                "overhead", "decoding outside the network",
                "first_difference", "first position that differs from ar");
        return new Table(
                "Passes", columns, summaries.stream().map(Summary::passesRow).toList());
    }

    private List<Cell> passesRow() {
        return List.of(
                Cell.of(choice.label()),
                Cell.of(rowsPerPass, 1),
                Cell.share(changedDrafts),
                Cell.share(overhead),
                firstDifference == null ? new Cell("–", null) : Cell.of(firstDifference));
    }
}
