package org.sjd4j.evaluation;

import java.util.Arrays;
import java.util.Locale;

/**
 * A mean and how well it is known.
 *
 * @param mean of the values; NaN if there is none
 * @param standardError of the mean; NaN for fewer than two values
 * @param median of the values
 * @param count number of values
 */
public record Estimate(double mean, double standardError, double median, int count) {
    /** The estimate of independent values. */
    public static Estimate of(double... values) {
        int n = values.length;
        double mean = Arrays.stream(values).average().orElse(Double.NaN);
        double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        double error = n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1) / n);
        return new Estimate(mean, error, median(values), n);
    }

    /** The middle value, or the mean of the two middle ones; NaN if there is none. */
    private static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        return n == 0 ? Double.NaN : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }

    /** As text with the given number of decimals: {@code 61.8 ± 1.7}. */
    public String text(int decimals) {
        String format = "%." + decimals + "f";
        return Double.isNaN(standardError)
                ? String.format(Locale.ROOT, format, mean)
                : String.format(Locale.ROOT, format + " ± " + format, mean, standardError);
    }
}
