package org.sjd4j.evaluation.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.Proportion;
import org.sjd4j.evaluation.SpeedUp;

/**
 * Figures of many images. Images of one prompt resemble each other: with several prompts they are averaged within each prompt
 * first, and the standard errors are those over prompts. With a single prompt they are those over images.
 */
public final class PromptMeans {
    private PromptMeans() {}

    /** The mean of a figure. */
    public static Estimate estimate(List<ImageRecord> images, ToDoubleFunction<ImageRecord> figure) {
        return Estimate.of(
                independent(images, images.stream().mapToDouble(figure).toArray()));
    }

    /**
     * How much smaller a figure of the second is, in the mean.
     *
     * @param first images of one decoder
     * @param second images of the other, for the same prompts and seeds in the same order
     */
    static Estimate difference(
            List<ImageRecord> first, List<ImageRecord> second, ToDoubleFunction<ImageRecord> figure) {
        double[] differences = new double[first.size()];
        Arrays.setAll(differences, i -> figure.applyAsDouble(first.get(i)) - figure.applyAsDouble(second.get(i)));
        return Estimate.of(independent(second, differences));
    }

    /** How many times smaller a figure of the second is, as in {@link #difference}. */
    static SpeedUp ratio(List<ImageRecord> first, List<ImageRecord> second, ToDoubleFunction<ImageRecord> figure) {
        double[] logs = new double[first.size()];
        Arrays.setAll(logs, i -> Math.log(figure.applyAsDouble(first.get(i)) / figure.applyAsDouble(second.get(i))));
        return SpeedUp.ofLogarithms(independent(second, logs));
    }

    /** The share of images that something holds for. */
    static Proportion share(List<ImageRecord> images, Predicate<ImageRecord> holds) {
        return Proportion.ofGroups(
                byPrompt(images, images.stream().map(holds::test).toList()));
    }

    /** Values that may count as independent: the means of the prompts, or all values if there is but one prompt. */
    private static double[] independent(List<ImageRecord> images, double[] values) {
        var byPrompt = byPrompt(images, Arrays.stream(values).boxed().toList());
        return byPrompt.size() == 1
                ? values
                : byPrompt.stream().mapToDouble(PromptMeans::mean).toArray();
    }

    private static <T> Collection<List<T>> byPrompt(List<ImageRecord> images, List<T> values) {
        var byPrompt = new LinkedHashMap<String, List<T>>();
        for (int i = 0; i < values.size(); i++) {
            byPrompt.computeIfAbsent(images.get(i).prompt(), _ -> new ArrayList<>())
                    .add(values.get(i));
        }
        return byPrompt.values();
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }
}
