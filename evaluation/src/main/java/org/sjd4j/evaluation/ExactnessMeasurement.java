package org.sjd4j.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.apache.commons.statistics.distribution.BetaDistribution;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.evaluation.Comparison.Listener;
import org.sjd4j.evaluation.Table.Cell;

/** How many images of the seed-exact decoders are token for token those of autoregression, for every window. */
public final class ExactnessMeasurement {
    /** The windows that are tried. */
    public static final List<Integer> WINDOWS = List.of(1, 2, 7, 16, 64, 256);

    private static final double TAIL = 0.05;

    private ExactnessMeasurement() {}

    /** The seed-exact decoders with each of {@link #WINDOWS}. */
    public static List<DecoderChoice> choices(DecoderSettings settings) {
        var choices = new ArrayList<DecoderChoice>();
        for (Decoder decoder : List.of(Decoders.SJD_EXACT, Decoders.SJD2_EXACT)) {
            WINDOWS.forEach(window -> choices.add(new DecoderChoice(decoder, settings).with("window", window)));
        }
        return choices;
    }

    /** Compares every image of the plan with autoregression's. */
    public static Measurement measure(TextToImage model, Plan plan, Listener listener) {
        var comparison = Comparison.run(model::generate, plan, false, listener);
        var conditions = Conditions.of(model, comparison);
        conditions.put(
                "different_pictures_by_ar",
                different(comparison.baseline()) + " of "
                        + comparison.baseline().size());
        var columns = Table.columns(
                "decoder", "decoder",
                "pictures", "pictures",
                "identical", "identical to ar",
                "share", "share",
                "lower_bound", "at least (95 %)",
                "same_tokens", "same tokens",
                "first_difference", "earliest differing position",
                "steps", "steps");
        var rows = comparison.summaries().stream()
                .filter(summary -> !summary.choice().isBaseline())
                .map(summary -> row(summary, comparison.runs(summary.choice()), comparison.baseline()))
                .toList();
        return new Measurement(
                "exactness", conditions, List.of(new Table("Images identical to those of ar", columns, rows)));
    }

    private static long different(List<Run> runs) {
        var images = new HashSet<String>();
        runs.forEach(run -> images.add(Arrays.toString(run.tokens())));
        return images.size();
    }

    private static List<Cell> row(Summary summary, List<Run> runs, List<Run> baseline) {
        long identical = runs.stream().filter(Run::identical).count();
        int first = Integer.MAX_VALUE;
        for (int i = 0; i < runs.size(); i++) {
            int mismatch = Arrays.mismatch(runs.get(i).tokens(), baseline.get(i).tokens());
            first = mismatch < 0 ? first : Math.min(first, mismatch);
        }
        return List.of(
                Cell.of(summary.choice().label()),
                Cell.of(runs.size()),
                Cell.of(identical),
                Cell.of(summary.identical()),
                Cell.share(lowerBound(identical, runs.size())),
                Cell.share(summary.sameTokens()),
                first == Integer.MAX_VALUE ? new Cell("–", null) : Cell.of(first),
                Cell.of(summary.steps(), 1));
    }

    /** What the true share is at least with a confidence of 95 % (Clopper and Pearson). */
    static double lowerBound(long successes, long trials) {
        return successes == 0
                ? 0
                : BetaDistribution.of(successes, trials - successes + 1.0).inverseCumulativeProbability(TAIL);
    }
}
