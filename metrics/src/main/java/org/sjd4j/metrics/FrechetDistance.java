package org.sjd4j.metrics;

import java.util.Optional;
import java.util.OptionalLong;
import org.sjd4j.tensor.OwnerThread;

/**
 * The distance between two sets of images, each taken for a normal distribution of features: {@code |m1 - m2|² + tr(S1 +
 * S2 - 2 (S1 S2)^1/2)} (Dowson and Landau, Journal of Multivariate Analysis 12, 1982). Of the last features of InceptionV3
 * it is FID (Heusel et al., arXiv 1706.08500), as mseitzer/pytorch-fid computes it ({@code src/pytorch_fid/fid_score.py}).
 *
 * @param distance never negative; 0 if the distributions are the same
 * @param meanPart {@code |m1 - m2|²}
 * @param tracePart {@code tr S1 + tr S2}: the magnitude to which rounding errors are relative
 * @param warning why the distance should not be compared with others, if there is a reason
 */
public record FrechetDistance(double distance, double meanPart, double tracePart, Optional<String> warning) {

    /**
     * The distance between two sets of images, in double precision. Of 2048 features it takes some seconds.
     *
     * @throws IllegalArgumentException if they are statistics of different features
     */
    public static FrechetDistance between(FeatureStatistics first, FeatureStatistics second) {
        if (!first.features().equals(second.features()) || first.dimensions() != second.dimensions()) {
            throw new IllegalArgumentException(
                    "found features '%s' of length %s and '%s' of length %s, expected the same"
                            .formatted(first.features(), first.dimensions(), second.features(), second.dimensions()));
        }
        int d = first.dimensions();
        double meanPart = 0;
        double tracePart = 0;
        for (int i = 0; i < d; i++) {
            double difference = first.meanInPlace()[i] - second.meanInPlace()[i];
            meanPart += difference * difference;
            tracePart += first.covarianceInPlace()[i * d + i] + second.covarianceInPlace()[i * d + i];
        }
        double root = root(first, second);
        double distance = Math.max(0, meanPart + tracePart - 2 * root);
        return new FrechetDistance(distance, meanPart, tracePart, warning(first, second));
    }

    private static double root(FeatureStatistics first, FeatureStatistics second) {
        try (var owner = new OwnerThread("sjd4j-frechet-distance")) {
            return owner.call(() ->
                    CovarianceRoot.trace(first.covarianceInPlace(), second.covarianceInPlace(), first.dimensions()));
        }
    }

    private static Optional<String> warning(FeatureStatistics first, FeatureStatistics second) {
        long fewest = Math.min(known(first.count()), known(second.count()));
        int d = first.dimensions();
        return fewest > d
                ? Optional.empty()
                : Optional.of(("the smaller set has %s images for %s features, so its covariance has rank %s at most;"
                                + " the distance of few images is biased upwards: compare only with that of as many, or take more")
                        .formatted(fewest, d, fewest - 1));
    }

    private static long known(OptionalLong count) {
        return count.orElse(Long.MAX_VALUE);
    }
}
