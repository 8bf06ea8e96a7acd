package org.sjd4j.evaluation;

import java.util.Locale;

/**
 * A share of trials, with Wilson's 95 % interval (Wilson 1927), which is sound for few trials and for shares near 0 and 1.
 *
 * @param share NaN if there were no trials
 * @param low lower end of the interval
 * @param high upper end of the interval
 * @param trials their number
 */
public record Proportion(double share, double low, double high, long trials) {
    /** The 97.5 % quantile of the normal distribution. */
    private static final double Z = 1.959964;

    /** The share of successes. */
    public static Proportion of(long successes, long trials) {
        if (trials == 0) {
            return new Proportion(Double.NaN, Double.NaN, Double.NaN, 0);
        }
        double n = trials;
        double p = successes / n;
        double centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n);
        double reach = Z / (1 + Z * Z / n) * Math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
        return new Proportion(p, Math.max(0, centre - reach), Math.min(1, centre + reach), trials);
    }

    /** As text: {@code 84 % [77, 89]}. */
    public String text() {
        return trials == 0
                ? "–"
                : String.format(Locale.ROOT, "%.0f %% [%.0f, %.0f]", 100 * share, 100 * low, 100 * high);
    }
}
