package org.sjd4j.evaluation;

import java.util.Collection;
import java.util.List;
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
        return wilson(successes / (double) trials, trials, trials);
    }

    /**
     * The share of successes where trials of one group resemble each other, as images of one prompt do. As many independent
     * trials count as would be as certain as the groups are (Korn and Graubard 1998): at most all of them, and no fewer than
     * there are groups. If all trials or none succeed, that cannot be told, and groups count.
     *
     * @param groups the trials of each group, at least one
     */
    public static Proportion ofGroups(Collection<List<Boolean>> groups) {
        long trials = groups.stream().mapToLong(List::size).sum();
        long successes = groups.stream().mapToLong(Proportion::successes).sum();
        if (trials == 0 || groups.size() == 1) {
            return of(successes, trials);
        }
        double p = successes / (double) trials;
        double squares = 0;
        for (var group : groups) {
            double residual = successes(group) - p * group.size();
            squares += residual * residual;
        }
        double variance = squares * groups.size() / (groups.size() - 1) / trials / trials;
        double independent = variance == 0 ? groups.size() : p * (1 - p) / variance;
        return wilson(p, Math.clamp(independent, groups.size(), trials), trials);
    }

    private static long successes(List<Boolean> trials) {
        return trials.stream().filter(success -> success).count();
    }

    private static Proportion wilson(double p, double n, long trials) {
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
