package org.sjd4j.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sjd4j.api.PassTimes;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.Comparison.Listener;
import org.sjd4j.evaluation.Table.Cell;

/** Seconds: of forward passes by rows, of a step of autoregression against the bare network, and of whole images. */
public final class TimeMeasurement {
    /** The numbers of rows that passes are timed with. */
    public static final List<Integer> ROWS = List.of(1, 2, 4, 8, 16, 24, 32, 48, 64);

    private static final double MILLIS = 1000;

    private TimeMeasurement() {}

    /**
     * Measures all three in one warm process.
     *
     * @param repetitions images over which passes of each number of rows are timed
     */
    public static Measurement measure(TextToImage model, Plan plan, int repetitions, Listener listener) {
        var comparison = Comparison.run(model::generate, plan, false, listener);
        String prompt = plan.prompts().getFirst();
        var tables = List.of(
                passes(model, prompt, plan.sampling(), repetitions),
                autoregression(model, plan),
                ComparisonReport.table("Whole images", comparison.summaries()));
        var conditions = Conditions.of(model, comparison);
        conditions.put("repetitions", repetitions);
        return new Measurement("time", conditions, tables);
    }

    private static Table passes(TextToImage model, String prompt, Sampling sampling, int repetitions) {
        var sizes = ROWS.stream().filter(rows -> rows <= model.imageTokens()).toList();
        var times = new ArrayList<RowTimes>();
        sizes.forEach(rows -> times.add(new RowTimes(rows, new ArrayList<>())));
        sizes.forEach(rows -> model.timePasses(prompt, sampling, rows)); // warm up
        for (int repetition = 0; repetition < repetitions; repetition++) {
            times.forEach(time -> time.passes().add(model.timePasses(prompt, sampling, time.rows())));
        }
        double single = times.getFirst().network();
        var rows = times.stream().map(time -> passRow(time, single)).toList();
        var columns = Table.columns(
                "rows", "rows",
                "passes", "passes",
                "network_ms", "network, ms (median)",
                "network_ms_per_row", "per row, ms",
                "relative", "relative to 1 row",
                "step_ms", "tokens to distributions, ms (median)");
        String title = "Forward pass by rows" + (sampling.guided() ? ", each row with its unconditional row" : "");
        return new Table(title, columns, rows);
    }

    /** Passes of one number of rows. */
    private record RowTimes(int rows, List<PassTimes> passes) {
        double network() {
            return Estimate.median(passes.stream()
                    .flatMapToDouble(time -> Arrays.stream(time.network()))
                    .toArray());
        }

        double[] steps() {
            return passes.stream()
                    .flatMapToDouble(time -> Arrays.stream(time.step()))
                    .toArray();
        }
    }

    private static List<Cell> passRow(RowTimes time, double single) {
        double network = time.network();
        return List.of(
                Cell.of(time.rows()),
                Cell.of(time.steps().length),
                Cell.of(MILLIS * network, 2),
                Cell.of(MILLIS * network / time.rows(), 2),
                Cell.of(network / single, 2),
                Cell.of(MILLIS * Estimate.median(time.steps()), 2));
    }

    /** Each image of autoregression is followed at once by bare passes at the same positions. */
    private static Table autoregression(TextToImage model, Plan plan) {
        var steps = new ArrayList<Double>();
        var bare = new ArrayList<Double>();
        for (String prompt : plan.prompts()) {
            for (long seed : plan.seeds()) {
                var image = model.generate(
                        new Request(prompt, seed, Decoders.AR, DecoderSettings.DEFAULT, plan.sampling()));
                var timing = image.timing();
                steps.add(MILLIS
                        * (timing.model() + timing.sampling())
                        / image.statistics().steps());
                double[] network = model.timePasses(prompt, plan.sampling(), 1).network();
                bare.add(MILLIS * Arrays.stream(network).average().orElse(Double.NaN));
            }
        }
        double[] ratios = new double[steps.size()];
        Arrays.setAll(ratios, i -> steps.get(i) / bare.get(i));
        var columns = Table.columns(
                "pictures", "pictures",
                "step_ms", "step of ar, ms",
                "network_ms", "bare network, ms",
                "ratio", "ratio",
                "median_ratio", "ratio (median)");
        var row = List.of(
                Cell.of(ratios.length),
                Cell.of(Estimate.of(array(steps)), 2),
                Cell.of(Estimate.of(array(bare)), 2),
                Cell.of(Estimate.of(ratios), 3),
                Cell.of(Estimate.median(ratios), 3));
        return new Table("A step of autoregression against the bare network", columns, List.of(row));
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
