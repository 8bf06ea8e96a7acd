package org.sjd4j.evaluation.tune;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.Conditions;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Measurement;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.Table.Cell;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.EvaluationPlan;
import org.sjd4j.evaluation.run.ModelGenerator;
import org.sjd4j.evaluation.run.Prompt;
import org.sjd4j.evaluation.run.Summary;

/**
 * Finds the fastest setting of the seed-exact decoders, which all make the same images: how long passes take by rows is
 * measured, one evaluation has all settings that may pay, and another one the fastest of them, with other seeds.
 *
 * @param costs of passes by rows
 * @param candidates every setting that was tried, the fastest first
 * @param timed autoregression and the fastest settings
 */
public record Tuning(RowCosts costs, List<Candidate> candidates, List<Summary> timed, Map<String, Object> conditions) {
    private static final List<Integer> WINDOWS = List.of(2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128);
    private static final int REPETITIONS = 3;
    private static final int TIMED = 3;
    private static final int IMAGES_TIMED = 2;

    /** A window is not tried if its pass takes more than so many times as long as one of a row: drafts do not save as much. */
    private static final double HOPELESS = 6;

    private static final double MILLIS = 1000;

    /**
     * A setting that was tried.
     *
     * @param floor seconds that an image takes if its passes cost what passes of clean rows do, and nothing else does
     */
    public record Candidate(Summary summary, double floor) {}

    /** Hears of progress. */
    @FunctionalInterface
    public interface Listener {
        /** Called before each part of the work. */
        void doing(String what);
    }

    /**
     * Tunes a loaded model.
     *
     * @param prompts of the images; a handful tells settings apart that differ by a tenth
     * @param shared settings other than window and denoising steps
     * @param sampling guidance costs rows, and sharp distributions are accepted more often
     * @param directory an empty one for the images
     */
    public static Tuning of(
            ModelGenerator generator,
            List<Prompt> prompts,
            DecoderSettings shared,
            Sampling sampling,
            Path directory,
            Listener listener) {
        var model = generator.model();
        listener.doing("timing passes");
        var windows =
                WINDOWS.stream().filter(window -> window <= model.imageTokens()).toList();
        var rows = Stream.concat(Stream.of(1), windows.stream()).toList();
        var costs = RowCosts.measure(model, prompts.getFirst().text(), sampling, rows, REPETITIONS);
        var choices = windows.stream()
                .filter(window -> costs.of(window) <= HOPELESS * costs.of(1))
                .flatMap(window -> choices(shared, window))
                .toList();
        var all = new EvaluationPlan(prompts, 1, 1, choices, sampling);
        var candidates = evaluate(generator, all, directory.resolve("settings"), "trying settings", listener).stream()
                .filter(summary -> !summary.choice().isBaseline())
                .map(summary -> new Candidate(summary, summary.steps().mean() * costs.of(summary.rowsPerPass())))
                .sorted(Comparator.comparingDouble(
                        candidate -> candidate.summary().seconds().mean()))
                .toList();
        var best = candidates.stream()
                .limit(TIMED)
                .map(candidate -> candidate.summary().choice())
                .toList();
        var few = new EvaluationPlan(prompts, IMAGES_TIMED, prompts.size() + 1, best, sampling);
        var timed = evaluate(generator, few, directory.resolve("fastest"), "timing the fastest settings", listener);
        return new Tuning(costs, candidates, timed, Conditions.of(model, sampling));
    }

    private static Stream<DecoderChoice> choices(DecoderSettings shared, int window) {
        return Decoders.all().stream()
                .filter(decoder -> decoder.seedExact() && decoder.uses(DecoderSettings.WINDOW))
                .map(decoder -> new DecoderChoice(decoder, shared).with("window", window))
                .flatMap(choice -> choice.decoder().denoises()
                        ? Stream.of(choice.with("denoising-steps", 1), choice.with("denoising-steps", 2))
                        : Stream.of(choice));
    }

    private static List<Summary> evaluate(
            ModelGenerator generator, EvaluationPlan plan, Path directory, String what, Listener listener) {
        var identity = new LinkedHashMap<>(Map.of("model", generator.name()));
        try (var evaluation = Evaluation.open(directory, plan, identity, false)) {
            listener.doing(what);
            evaluation.generate(
                    generator, (done, all, _) -> listener.doing("%s: %s of %s images".formatted(what, done, all)));
            return evaluation.summaries(Summary.Metrics.NONE);
        }
    }

    /** The setting that was fastest, which is autoregression if nothing is faster. */
    public DecoderChoice best() {
        return fastest().choice();
    }

    /** How many times as fast as autoregression the {@link #best} setting is. */
    public double speedUp() {
        return speedUp(fastest());
    }

    private Summary fastest() {
        return timed.stream().max(Comparator.comparingDouble(Tuning::speedUp)).orElseThrow();
    }

    private static double speedUp(Summary summary) {
        return summary.choice().isBaseline() ? 1 : summary.speedUp().mean();
    }

    /** The largest speed-up over autoregression that any setting could have by the costs of passes alone. */
    public double limit() {
        double steps = timed.getFirst().steps().mean();
        double floor = candidates.stream().mapToDouble(Candidate::floor).min().orElse(Double.NaN);
        return steps * costs.of(1) / floor;
    }

    /** The figures as tables. */
    public Measurement measurement() {
        var passes = costs.seconds().entrySet().stream()
                .map(entry -> List.of(
                        Cell.of(entry.getKey()),
                        Cell.of(MILLIS * entry.getValue(), 2),
                        Cell.of(MILLIS * entry.getValue() / entry.getKey(), 2),
                        Cell.of(entry.getValue() / costs.of(1), 2)))
                .toList();
        var tried = candidates.stream()
                .map(candidate -> List.of(
                        Cell.of(candidate.summary().choice().label()),
                        Cell.of(candidate.summary().steps(), 1),
                        Cell.of(candidate.summary().rowsPerPass(), 1),
                        Cell.of(candidate.summary().seconds(), 3),
                        Cell.of(candidate.floor(), 3)))
                .toList();
        var rows = timed.stream()
                .map(summary -> List.of(
                        Cell.of(summary.choice().label()),
                        Cell.of(summary.steps(), 1),
                        Cell.of(summary.seconds(), 3),
                        summary.choice().isBaseline() ? Cell.of("1x") : Cell.of(summary.speedUp())))
                .toList();
        var tables = List.of(
                new Table(
                        "Forward passes by rows",
                        Table.columns(
                                "rows", "rows",
                                "ms", "pass, ms (median)",
                                "ms_per_row", "per row, ms",
                                "relative", "relative to 1 row"),
                        passes),
                new Table(
                        "Settings",
                        Table.columns(
                                "setting", "setting",
                                "steps", "steps",
                                "rows", "rows of a pass",
                                "seconds", "time, s",
                                "floor_seconds", "of it passes of clean rows, s"),
                        tried),
                new Table(
                        "The fastest, timed in turn",
                        Table.columns(
                                "setting", "setting",
                                "steps", "steps",
                                "seconds", "time, s",
                                "speed_up", "speed-up, paired [95 %]"),
                        rows));
        var all = new LinkedHashMap<>(conditions);
        all.put("fastest", best().label());
        all.put("speed_up_at_most", Math.round(100 * limit()) / 100.0);
        return new Measurement("tuning", all, tables);
    }
}
