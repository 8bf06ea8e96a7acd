package org.sjd4j.evaluation.tune;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.DecodingException;
import org.sjd4j.decode.Sampling;
import org.sjd4j.evaluation.Comparison;
import org.sjd4j.evaluation.Conditions;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.Measurement;
import org.sjd4j.evaluation.Plan;
import org.sjd4j.evaluation.Summary;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.Table.Cell;
import org.sjd4j.pipeline.GeneratedPicture;
import org.sjd4j.pipeline.Request;
import org.sjd4j.pipeline.TextToImage;

/**
 * Finds the fastest setting of the seed-exact decoders, which all draw the same pictures: how long passes take by rows is
 * measured, and how many passes each setting needs; the settings for which both together promise most are then timed
 * against autoregression, one right after the other.
 *
 * @param costs of passes by rows
 * @param candidates every setting that was tried, the most promising first
 * @param timed autoregression and the most promising settings, as they were timed
 */
public record Tuning(RowCosts costs, List<Candidate> candidates, List<Summary> timed, Map<String, Object> conditions) {
    private static final List<Integer> WINDOWS = List.of(2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128);
    private static final List<Integer> DENOISING_STEPS = List.of(1, 2);
    private static final int REPETITIONS = 3;
    private static final int TIMED = 3;
    private static final double MILLIS = 1000;

    /**
     * A setting that was tried.
     *
     * @param steps forward passes per picture, over prompts
     * @param rows of a pass, on average
     * @param seconds that a picture should take by the costs of passes
     */
    public record Candidate(DecoderChoice choice, Estimate steps, double rows, double seconds) {}

    /** Hears of progress. */
    @FunctionalInterface
    public interface Listener {
        /** Called before each part of the work. */
        void doing(String what);
    }

    /**
     * Tunes a loaded model.
     *
     * @param prompts to draw; a handful tells settings apart that differ by a tenth
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
        for (var choice : choices(windows, shared)) {
            listener.doing("counting the steps of " + choice.label());
            try {
                candidates.add(candidate(model, prompts, choice, sampling, costs));
            } catch (DecodingException _) {
                // the model cannot read noise
            }
        }
        candidates.sort(Comparator.comparingDouble(Candidate::seconds));
        listener.doing("timing the most promising settings");
        var best = candidates.stream().limit(TIMED).map(Candidate::choice).toList();
        var seeds = List.of(1L, 2L);
        var comparison = Comparison.run(
                model::generate,
                new Plan(prompts, seeds, best, sampling),
                false,
                (done, all) ->
                        listener.doing("timing the most promising settings: %d of %d pictures".formatted(done, all)));
        return new Tuning(costs, List.copyOf(candidates), comparison.summaries(), Conditions.of(model, sampling));
    }

    private static List<DecoderChoice> choices(List<Integer> windows, DecoderSettings shared) {
        var choices = new ArrayList<DecoderChoice>();
        for (int window : windows) {
            choices.add(new DecoderChoice(Decoders.named("sjd-exact"), shared).with("window", window));
            for (int steps : DENOISING_STEPS) {
                choices.add(new DecoderChoice(Decoders.named("sjd2-exact"), shared)
                        .with("window", window)
                        .with("denoising-steps", steps));
            }
        }
        return choices;
    }

    private static Candidate candidate(
            TextToImage model, List<String> prompts, DecoderChoice choice, Sampling sampling, RowCosts costs) {
        double[] steps = new double[prompts.size()];
        double fed = 0;
        double passes = 0;
        double seconds = 0;
        for (int i = 0; i < steps.length; i++) {
            GeneratedPicture picture =
                    model.generate(new Request(prompts.get(i), i + 1L, choice.decoder(), choice.settings(), sampling));
            var statistics = picture.statistics();
            steps[i] = statistics.steps();
            fed += statistics.rows();
            passes += statistics.steps();
            double mean = statistics.rows() / (double) statistics.steps();
            seconds += statistics.steps() * costs.of(mean) / steps.length;
        }
        return new Candidate(choice, Estimate.of(steps), fed / passes, seconds);
    }

    /** The setting that was fastest, which is autoregression if nothing is faster. */
    public DecoderChoice best() {
        return timed.stream()
                .max(Comparator.comparingDouble(summary ->
                        summary.choice().isBaseline() ? 1 : summary.speedUp().mean()))
                .map(Summary::choice)
                .orElseThrow();
    }

    /**
     * How many times faster than autoregression a picture could be at most with the steps that were counted, if passes cost
     * what was measured and nothing else did.
     */
    public double promised() {
        long tokens = Math.round(timed.getFirst().steps().mean());
        return tokens * costs.of(1) / candidates.getFirst().seconds();
    }

    /** The figures as tables. */
    public Measurement measurement() {
        var passes = costs.seconds().entrySet().stream()
                .map(entry -> List.of(
                        Cell.of(entry.getKey()),
                        Cell.of(MILLIS * entry.getValue(), 2),
                        Cell.of(entry.getValue() / costs.of(1), 2)))
                .toList();
        var promises = candidates.stream()
                .map(candidate -> List.of(
                        Cell.of(candidate.choice().label()),
                        Cell.of(candidate.steps(), 1),
                        Cell.of(candidate.rows(), 1),
                        Cell.of(candidate.seconds(), 3)))
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
                        "What settings promise",
                        Table.columns(
                                "setting", "setting",
                                "steps", "steps",
                                "rows", "rows of a pass",
                                "seconds", "promised, s"),
                        promises),
                new Table(
                        "The most promising, timed",
                        Table.columns(
                                "setting", "setting",
                                "steps", "steps",
                                "seconds", "time, s",
                                "speed_up", "speed-up, paired [95 %]"),
                        rows));
        var all = new LinkedHashMap<>(conditions);
        all.put("fastest", best().label());
        all.put("speed_up_promised_at_most", Math.round(100 * promised()) / 100.0);
        return new Measurement("tuning", all, tables);
    }
}
