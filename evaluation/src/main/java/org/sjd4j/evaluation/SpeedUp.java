package org.sjd4j.evaluation;

import java.util.Locale;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * How many times faster one decoder is than another on the same images, made one right after the other.
 *
 * <p>The interval is Student's t interval of the mean logarithm of the paired ratios, so that twice as fast and half as
 * fast cancel out.
 *
 * @param mean geometric mean of the ratios
 * @param low lower end of the 95 % interval; NaN for fewer than two pairs
 * @param high upper end of the 95 % interval; NaN for fewer than two pairs
 * @param median of the ratios
 * @param pairs number of pairs
 */
public record SpeedUp(double mean, double low, double high, double median, int pairs) {
    private static final double TAIL = 0.025;

    /**
     * The speed-up of independent pairs.
     *
     * @param logarithms of the ratio of seconds, baseline over other
     */
    public static SpeedUp ofLogarithms(double... logarithms) {
        Estimate estimate = Estimate.of(logarithms);
        double reach = logarithms.length < 2
                ? Double.NaN
                : estimate.standardError()
                        * TDistribution.of(logarithms.length - 1).inverseSurvivalProbability(TAIL);
        return new SpeedUp(
                Math.exp(estimate.mean()),
                Math.exp(estimate.mean() - reach),
                Math.exp(estimate.mean() + reach),
                Math.exp(estimate.median()),
                logarithms.length);
    }

    /** As text: {@code 1.52x [1.40, 1.65]}. */
    public String text() {
        return Double.isNaN(low)
                ? String.format(Locale.ROOT, "%.2fx", mean)
                : String.format(Locale.ROOT, "%.2fx [%.2f, %.2f]", mean, low, high);
    }
}
