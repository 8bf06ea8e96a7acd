package org.sjd4j.evaluation;

import java.util.Arrays;
import org.apache.commons.statistics.inference.TTest;

/**
 * A two-sided t-test of the hypothesis that a mean difference is 0.
 *
 * @param difference the mean difference that was found
 * @param statistic t; 0 if all values agree
 * @param p how probable a difference at least as large is if there is none; NaN if there are too few values
 */
public record MeanTest(double difference, double statistic, double p) {
    /** Welch's test of two independent samples with variances of their own: is the mean of {@code x} that of {@code y}? */
    public static MeanTest welch(double[] x, double[] y) {
        double difference = mean(x) - mean(y);
        if (x.length < 2 || y.length < 2) {
            return new MeanTest(difference, Double.NaN, Double.NaN);
        }
        if (constant(x) && constant(y)) {
            return certain(difference);
        }
        var result = TTest.withDefaults().test(x, y);
        return new MeanTest(difference, result.getStatistic(), result.getPValue());
    }

    /** The paired test: is the mean of {@code x[i] - y[i]} zero? */
    public static MeanTest paired(double[] x, double[] y) {
        if (x.length != y.length) {
            throw new IllegalArgumentException("found %s and %s values, expected pairs".formatted(x.length, y.length));
        }
        double[] differences = new double[x.length];
        Arrays.setAll(differences, i -> x[i] - y[i]);
        return zero(differences);
    }

    /** The test of one sample: is its mean zero? */
    public static MeanTest zero(double[] x) {
        double mean = mean(x);
        if (x.length < 2) {
            return new MeanTest(mean, Double.NaN, Double.NaN);
        }
        if (constant(x)) {
            return certain(mean);
        }
        var result = TTest.withDefaults().test(x);
        return new MeanTest(mean, result.getStatistic(), result.getPValue());
    }

    /** Without variance there is no t: equal means are certainly equal, others certainly are not. */
    private static MeanTest certain(double difference) {
        return difference == 0
                ? new MeanTest(0, 0, 1)
                : new MeanTest(difference, Math.copySign(Double.POSITIVE_INFINITY, difference), 0);
    }

    private static boolean constant(double[] x) {
        return Arrays.stream(x).allMatch(value -> value == x[0]);
    }

    private static double mean(double[] x) {
        return Arrays.stream(x).average().orElse(Double.NaN);
    }
}
