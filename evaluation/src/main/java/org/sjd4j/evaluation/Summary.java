package org.sjd4j.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The figures of one decoder of a comparison.
 *
 * <p>Images of one prompt resemble each other. With several prompts, seeds are therefore averaged within each prompt
 * first and the standard errors are those over prompts; with a single prompt they are those over seeds.
 *
 * @param choice the decoder
 * @param images number of images
 * @param steps forward passes per image
 * @param stepCompression accepted tokens per forward pass
 * @param seconds from request to image
 * @param decodeSeconds of the decode loop alone
 * @param speedUp over autoregression, by {@code seconds}
 * @param decodeSpeedUp over autoregression, by {@code decodeSeconds}
 * @param phases mean seconds of prefill, model, sampling and image decoding
 * @param overhead share of the decode loop outside of forward passes
 * @param changedDrafts share of refinements that changed the draft's token
 * @param identical share of images that are token for token those of autoregression
 * @param sameTokens mean share of tokens that are those of autoregression
 */
public record Summary(
        DecoderChoice choice,
        int images,
        Estimate steps,
        Estimate stepCompression,
        Estimate seconds,
        Estimate decodeSeconds,
        SpeedUp speedUp,
        SpeedUp decodeSpeedUp,
        Map<String, Double> phases,
        double overhead,
        double changedDrafts,
        Proportion identical,
        Estimate sameTokens) {

    /**
     * Sums up.
     *
     * @param runs of the decoder
     * @param baseline of autoregression, for the same prompts and seeds in the same order
     */
    public static Summary of(DecoderChoice choice, List<Run> runs, List<Run> baseline) {
        var phases = new LinkedHashMap<String, Double>();
        phases.put("prefill", mean(runs, run -> run.timing().prefill()));
        phases.put("model", mean(runs, run -> run.timing().model()));
        phases.put("sampling", mean(runs, run -> run.timing().sampling()));
        phases.put("image_decode", mean(runs, run -> run.timing().imageDecode()));
        long refined =
                runs.stream().mapToLong(run -> run.statistics().refinedDrafts()).sum();
        long changed =
                runs.stream().mapToLong(run -> run.statistics().changedDrafts()).sum();
        return new Summary(
                choice,
                runs.size(),
                estimate(runs, run -> run.statistics().steps()),
                estimate(runs, run -> run.statistics().stepCompression()),
                estimate(runs, run -> run.timing().total()),
                estimate(runs, Run::decodeSeconds),
                Paired.ratio(baseline, runs, run -> run.timing().total()),
                Paired.ratio(baseline, runs, Run::decodeSeconds),
                phases,
                mean(runs, run -> run.timing().sampling() / run.decodeSeconds()),
                refined == 0 ? 0 : changed / (double) refined,
                Proportion.ofGroups(
                        byPrompt(runs, runs.stream().map(Run::identical).toList())),
                estimate(runs, Run::sameTokens));
    }

    private static Estimate estimate(List<Run> runs, ToDoubleFunction<Run> figure) {
        return Estimate.of(independent(runs, runs.stream().mapToDouble(figure).toArray()));
    }

    /**
     * Values that may count as independent: the means of the prompts, or all values if there is but one prompt.
     *
     * @param values one of each run
     */
    static double[] independent(List<Run> runs, double[] values) {
        var byPrompt = byPrompt(runs, Arrays.stream(values).boxed().toList());
        return byPrompt.size() == 1
                ? values
                : byPrompt.stream().mapToDouble(Summary::mean).toArray();
    }

    private static <T> Collection<List<T>> byPrompt(List<Run> runs, List<T> values) {
        var byPrompt = new LinkedHashMap<String, List<T>>();
        for (int i = 0; i < values.size(); i++) {
            byPrompt.computeIfAbsent(runs.get(i).prompt(), _ -> new ArrayList<>())
                    .add(values.get(i));
        }
        return byPrompt.values();
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    private static double mean(List<Run> runs, ToDoubleFunction<Run> figure) {
        return runs.stream().mapToDouble(figure).average().orElse(Double.NaN);
    }
}
