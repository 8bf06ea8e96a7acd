package org.sjd4j.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.sjd4j.evaluation.Estimate;

/**
 * The median of ratios of times, with a 95 % interval by the bootstrap: a median shrugs at images in which the machine
 * did something else.
 *
 * @param median of the ratios
 * @param low lower end; the median for a single value
 * @param high upper end; the median for a single value
 * @param pairs number of ratios
 */
record MedianRatio(double median, double low, double high, int pairs) {
    private static final int RESAMPLES = 4000;
    private static final double TAIL = 0.025;
    private static final long SEED = 1;

    /**
     * The ratio and its interval, the same for the same numbers.
     *
     * @param groups ratios of images that resemble each other, such as those of one prompt; groups are sampled anew, not
     *     single images, unless there is but one group
     */
    static MedianRatio of(List<double[]> groups) {
        List<double[]> units = groups.size() > 1
                ? groups
                : Arrays.stream(groups.getFirst())
                        .mapToObj(ratio -> new double[] {ratio})
                        .toList();
        var random = new Random(SEED);
        double[] medians = new double[RESAMPLES];
        Arrays.setAll(
                medians,
                _ -> median(random.ints(units.size(), 0, units.size())
                        .mapToObj(units::get)
                        .toList()));
        Arrays.sort(medians);
        int cut = (int) (TAIL * RESAMPLES);
        int pairs = units.stream().mapToInt(unit -> unit.length).sum();
        return new MedianRatio(median(units), medians[cut], medians[RESAMPLES - 1 - cut], pairs);
    }

    private static double median(List<double[]> groups) {
        return Estimate.of(groups.stream().flatMapToDouble(Arrays::stream).toArray())
                .median();
    }

    /** As text: {@code 1.52x [1.40, 1.65]}. */
    String text() {
        return String.format(Locale.ROOT, "%.2fx [%.2f, %.2f]", median, low, high);
    }
}
