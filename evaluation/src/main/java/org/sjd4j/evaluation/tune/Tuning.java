package org.sjd4j.evaluation.tune;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.DecodingException;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.Comparison;
import org.sjd4j.evaluation.Conditions;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.Measurement;
import org.sjd4j.evaluation.Plan;
import org.sjd4j.evaluation.Summary;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.Table.Cell;

/**
 * Finds the fastest setting of the seed-exact decoders, which all generate the same images: how long passes take by rows is
 * measured, every setting generates some images, and the fastest of them are then timed against autoregression, one right
 * after the other.
 *
 * @param costs of passes by rows
 * @param candidates every setting that was tried, the fastest first
 * @param timed autoregression and the fastest settings, as they were timed in turn
 */
public record Tuning(RowCosts costs, List<Candidate> candidates, List<Summary> timed, Map<String, Object> conditions) {
    private static final List<Integer> WINDOWS = List.of(2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128);
    private static final List<Integer> DENOISING_STEPS = List.of(1, 2);
    private static final int REPETITIONS = 3;
    private static final int TIMED = 3;

    /** Wider windows of a decoder are not tried once one takes so many times as long as a narrower one. */
    private static final double HOPELESS = 1.25;

    private static final double MILLIS = 1000;

    /**
     * A setting that was tried.
     *
     * @param steps forward passes per image, over prompts
     * @param rows of a pass, on average
     * @param seconds of an image, over prompts
     * @param floor seconds that an image takes if its passes cost what passes of clean rows do, and nothing else does
     */
    public record Candidate(DecoderChoice choice, Estimate steps, double rows, Estimate seconds, double floor) {}

    /** Hears of progress. */
    @FunctionalInterface
    public interface Listener {
        /** Called before each part of the work. */
        void doing(String what);
    }

    /**
     * Tunes a loaded model.
     *
     * @param prompts to generate; a handful tells settings apart that differ by a tenth
     * @param shared settings other than window and denoising steps
     * @param sampling guidance costs rows, and sharp distributions are accepted more often
     */
    public static Tuning of(
            TextToImage model, List<String> prompts, DecoderSettings shared, Sampling sampling, Listener listener) {
        listener.doing("timing passes");
        var windows =
                WINDOWS.stream().filter(window -> window <= model.imageTokens()).toList();
        var rows = Stream.concat(Stream.of(1), windows.stream()).toList();
        var costs = RowCosts.measure(model, prompts.getFirst(), sampling, rows, REPETITIONS);
        var candidates = new ArrayList<Candidate>();
        for (var family : families(shared)) {
            try {
                candidates.addAll(candidates(model, prompts, family, windows, sampling, costs, listener));
            } catch (DecodingException _) {
                // the model cannot read noise
            }
        }
        candidates.sort(
                Comparator.comparingDouble(candidate -> candidate.seconds().mean()));
        var best = candidates.stream().limit(TIMED).map(Candidate::choice).toList();
        var seeds = List.of(1L, 2L);
        var comparison = Comparison.run(
                model::generate,
                new Plan(prompts, seeds, best, sampling),
                false,
                (done, all) -> listener.doing("timing the fastest settings: %s of %s images".formatted(done, all)));
        return new Tuning(costs, List.copyOf(candidates), comparison.summaries(), Conditions.of(model, sampling));
    }

    private static List<DecoderChoice> families(DecoderSettings shared) {
        var families = new ArrayList<DecoderChoice>();
        families.add(new DecoderChoice(Decoders.SJD_EXACT, shared));
        for (int steps : DENOISING_STEPS) {
            families.add(new DecoderChoice(Decoders.named("sjd2-exact"), shared).with("denoising-steps", steps));
        }
        return families;
    }

    /** A decoder with wider and wider windows, until they have become hopeless. */
    private static List<Candidate> candidates(
            TextToImage model,
            List<String> prompts,
            DecoderChoice family,
            List<Integer> windows,
            Sampling sampling,
            RowCosts costs,
            Listener listener) {
        var candidates = new ArrayList<Candidate>();
        double least = Double.POSITIVE_INFINITY;
        for (int window : windows) {
            var choice = family.with("window", window);
            listener.doing("trying " + choice.label());
            var candidate = candidate(model, prompts, choice, sampling, costs);
            candidates.add(candidate);
            double seconds = candidate.seconds().mean();
            if (seconds > HOPELESS * least) {
                break;
            }
            least = Math.min(least, seconds);
        }
        return candidates;
    }

    private static Candidate candidate(
            TextToImage model, List<String> prompts, DecoderChoice choice, Sampling sampling, RowCosts costs) {
        double[] steps = new double[prompts.size()];
        double[] seconds = new double[prompts.size()];
        double fed = 0;
        double passes = 0;
        for (int i = 0; i < steps.length; i++) {
            GeneratedImage image =
                    model.generate(new Request(prompts.get(i), i + 1L, choice.decoder(), choice.settings(), sampling));
            var statistics = image.statistics();
            steps[i] = statistics.steps();
            seconds[i] = image.timing().total();
            fed += statistics.rows();
            passes += statistics.steps();
        }
        double rows = fed / passes;
        double floor = passes / steps.length * costs.of(rows);
        return new Candidate(choice, Estimate.of(steps), rows, Estimate.of(seconds), floor);
    }

    /** The setting that was fastest, which is autoregression if nothing is faster. */
    public DecoderChoice best() {
        return timed.stream()
                .max(Comparator.comparingDouble(summary ->
                        summary.choice().isBaseline() ? 1 : summary.speedUp().mean()))
                .map(Summary::choice)
                .orElseThrow();
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
                        Cell.of(entry.getValue() / costs.of(1), 2)))
                .toList();
        var tried = candidates.stream()
                .map(candidate -> List.of(
                        Cell.of(candidate.choice().label()),
                        Cell.of(candidate.steps(), 1),
                        Cell.of(candidate.rows(), 1),
                        Cell.of(candidate.seconds(), 3),
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
                        Table.columns("rows", "rows", "ms", "pass, ms (median)", "relative", "relative to 1 row"),
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
