package org.sjd4j.decode;

/** Pearson's test statistic, divided by its degrees of freedom: about 1 if the counts follow the distribution. */
public final class ChiSquare {

    private static final double FEWEST_EXPECTED = 5;

    private ChiSquare() {}

    /** Rare outcomes are pooled, as the statistic is meaningless for them. */
    public static double perDegreeOfFreedom(int[] seen, double[] probabilities) {
        double samples = 0;
        for (int count : seen) {
            samples += count;
        }
        double statistic = 0;
        int cells = 0;
        double rareSeen = 0;
        double rareExpected = 0;
        for (int i = 0; i < seen.length; i++) {
            double expected = probabilities[i] * samples;
            if (expected < FEWEST_EXPECTED) {
                rareSeen += seen[i];
                rareExpected += expected;
            } else {
                statistic += (seen[i] - expected) * (seen[i] - expected) / expected;
                cells++;
            }
        }
        if (rareExpected >= FEWEST_EXPECTED) {
            statistic += (rareSeen - rareExpected) * (rareSeen - rareExpected) / rareExpected;
            cells++;
        } else if (rareSeen > rareExpected + 10) {
            return Double.POSITIVE_INFINITY;
        }
        return statistic / (cells - 1);
    }
}
