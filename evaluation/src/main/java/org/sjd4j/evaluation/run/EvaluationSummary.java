package org.sjd4j.evaluation.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.Run;
import org.sjd4j.evaluation.Summary;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.Table.Cell;

/**
 * The figures of one decoder of an evaluation.
 *
 * @param summary steps, times, and how many images are those of autoregression
 * @param peakMemory most resident memory of the process in MiB while an image was made; NaN where the system does not tell
 * @param results what judges found, a column each
 */
public record EvaluationSummary(Summary summary, Estimate peakMemory, List<MetricSums> results) {
    private static final double MEBI = 1 << 20;

    /**
     * What a judge found of a decoder's images.
     *
     * @param key of the column
     * @param heading of the column
     * @param figure in print and as data
     */
    public record MetricSums(String key, String heading, Cell figure) {}

    /**
     * Sums up the images of each decoder, autoregression first.
     *
     * @param images in the plan's order, all decoders' images of a prompt and seed or none
     */
    static List<EvaluationSummary> of(EvaluationPlan plan, List<ImageRecord> images, Measured measured) {
        var baseline = runs(plan.choices().getFirst(), images);
        return plan.choices().stream()
                .map(choice -> new EvaluationSummary(
                        Summary.of(choice, runs(choice, images), baseline),
                        Estimate.of(images.stream()
                                .filter(image -> image.decoder().equals(choice.label()))
                                .map(ImageRecord::peakMemoryBytes)
                                .filter(Objects::nonNull)
                                .mapToDouble(bytes -> bytes / MEBI)
                                .toArray()),
                        measured.of(choice)))
                .toList();
    }

    /** What judges found of each decoder's images. */
    @FunctionalInterface
    public interface Measured {
        /** The judgements of a decoder's images, the same ones for every decoder. */
        List<MetricSums> of(DecoderChoice choice);
    }

    private static List<Run> runs(DecoderChoice choice, List<ImageRecord> images) {
        return images.stream()
                .filter(image -> image.decoder().equals(choice.label()))
                .map(image -> image.run(choice))
                .toList();
    }

    /** The table of a paper: one row for each decoder. */
    static Table table(String title, List<EvaluationSummary> summaries) {
        var columns = new ArrayList<>(Table.columns(
                "decoder", "decoder",
                "lossless", "lossless",
                "window", "window, rows",
                "denoising_steps", "K",
                "steps", "steps",
                "step_compression", "step compression",
                "latency_seconds", "latency, s",
                "latency_speed_up", "latency speed-up [95 %]"));
        for (var result : summaries.getFirst().results()) {
            columns.add(new Table.Column(result.key(), result.heading()));
        }
        columns.addAll(Table.columns(
                "peak_memory_mib", "memory, MiB",
                "identical_to_ar", "identical to ar",
                "same_tokens", "same tokens",
                "pictures", "pictures"));
        return new Table(
                title, columns, summaries.stream().map(EvaluationSummary::row).toList());
    }

    private List<Cell> row() {
        var choice = summary.choice();
        var cells = new ArrayList<>(List.of(
                Cell.of(choice.label()),
                Cell.of(choice.decoder().lossless()),
                Cell.of(choice.window()),
                Cell.of(choice.denoisingSteps()),
                Cell.of(summary.steps(), 1),
                Cell.of(summary.stepCompression(), 2),
                Cell.of(summary.seconds(), 2),
                choice.isBaseline() ? new Cell("1x", summary.speedUp()) : Cell.of(summary.speedUp())));
        results.forEach(result -> cells.add(result.figure()));
        cells.addAll(List.of(
                Cell.of(peakMemory, 0),
                Cell.of(summary.identical()),
                Cell.share(summary.sameTokens()),
                Cell.of(summary.images())));
        return cells;
    }
}
