package org.sjd4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FrechetDistanceTest {
    private static final long SEED = 20_251_204;
    private static final int DIMENSIONS = 12;

    /** In one dimension: {@code (m1 - m2)² + (s1 - s2)²}. */
    @Test
    void ofOneDimensionIsThatOfMeansAndDeviations() {
        var ours = FrechetDistance.between(of(new double[] {1}, 9), of(new double[] {-1}, 4));
        assertThat(ours.distance()).isCloseTo(4 + 1, within(1e-13));
        assertThat(ours.meanPart()).isEqualTo(4);
        assertThat(ours.tracePart()).isEqualTo(13);
        assertThat(FrechetDistance.between(of(new double[] {1}, 0), of(new double[] {1}, 4))
                        .distance())
                .isCloseTo(4, within(1e-13));
    }

    /** Covariances with common axes: the sum over the axes. */
    @Test
    void ofCommutingCovariancesIsTheSumOverTheirAxes() {
        var random = new SplittableRandom(SEED);
        double[][] axes = orthonormal(random);
        double[] first = new double[DIMENSIONS];
        double[] second = new double[DIMENSIONS];
        double expected = 0;
        for (int i = 0; i < DIMENSIONS; i++) {
            first[i] = 10 * random.nextDouble();
            second[i] = 10 * random.nextDouble();
            double difference = Math.sqrt(first[i]) - Math.sqrt(second[i]);
            expected += difference * difference;
        }
        double[] mean = new double[DIMENSIONS];
        assertThat(FrechetDistance.between(of(mean, composed(axes, first)), of(mean, composed(axes, second)))
                        .distance())
                .as("seed %d", SEED)
                .isCloseTo(expected, within(1e-11));
        double[][] plain = new double[DIMENSIONS][DIMENSIONS];
        for (int i = 0; i < DIMENSIONS; i++) {
            plain[i][i] = 1;
        }
        assertThat(FrechetDistance.between(of(mean, composed(plain, first)), of(mean, composed(plain, second)))
                        .distance())
                .as("seed %d", SEED)
                .isCloseTo(expected, within(1e-11));
    }

    @Test
    void isSymmetricAndZeroForEqualSets() {
        var random = new SplittableRandom(SEED);
        FeatureStatistics first = random(random, 100);
        FeatureStatistics second = random(random, 200);
        var there = FrechetDistance.between(first, second);
        var back = FrechetDistance.between(second, first);
        assertThat(there.distance())
                .as("seed %d", SEED)
                .isPositive()
                .isCloseTo(back.distance(), within(1e-12 * there.tracePart()));
        assertThat(there.warning()).isEmpty();
        assertThat(FrechetDistance.between(first, first).distance()).isBetween(0.0, 1e-12 * there.tracePart());
    }

    @Test
    void fewImagesGiveADistanceAndAWarning() {
        var random = new SplittableRandom(SEED);
        FeatureStatistics few = random(random, DIMENSIONS);
        FeatureStatistics many = random(random, 1000);
        var ours = FrechetDistance.between(many, few);
        assertThat(ours.warning())
                .hasValueSatisfying(text -> assertThat(text).contains("12 images", "rank 11", "biased upwards"));
        assertThat(ours.distance()).isPositive();
        assertThat(FrechetDistance.between(few, few).distance())
                .as("seed %d", SEED)
                .isBetween(0.0, 2e-7 * ours.tracePart());
        FeatureStatistics enough = random(random, DIMENSIONS + 1);
        assertThat(FrechetDistance.between(many, enough).warning()).isEmpty();
    }

    @Test
    void differentFeaturesAreNotCompared() {
        var other = new FeatureStatistics("b", OptionalLong.empty(), new double[] {0}, new double[] {1});
        for (FeatureStatistics wrong : new FeatureStatistics[] {other, of(new double[2], 1, 0, 0, 1)}) {
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> FrechetDistance.between(of(new double[] {0}, 1), wrong))
                    .withMessageContaining("expected the same");
        }
    }

    private static FeatureStatistics of(double[] mean, double... covariance) {
        return new FeatureStatistics("a", OptionalLong.empty(), mean, covariance);
    }

    private static FeatureStatistics random(SplittableRandom random, int count) {
        var statistics = new StreamingStatistics("a", DIMENSIONS);
        float[] vector = new float[DIMENSIONS];
        for (int n = 0; n < count; n++) {
            for (int i = 0; i < DIMENSIONS; i++) {
                vector[i] = (float) ((i + 1) * random.nextGaussian() + (i > 0 ? vector[i - 1] : 0));
            }
            statistics.add(vector);
        }
        return statistics.statistics();
    }

    /** {@code sum of value times axis times axisᵀ}. */
    private static double[] composed(double[][] axes, double[] values) {
        double[] matrix = new double[DIMENSIONS * DIMENSIONS];
        for (int k = 0; k < DIMENSIONS; k++) {
            for (int row = 0; row < DIMENSIONS; row++) {
                for (int column = 0; column < DIMENSIONS; column++) {
                    matrix[row * DIMENSIONS + column] += values[k] * axes[k][row] * axes[k][column];
                }
            }
        }
        return matrix;
    }

    /** Random axes, each made orthogonal to those before it. */
    private static double[][] orthonormal(SplittableRandom random) {
        double[][] axes = new double[DIMENSIONS][DIMENSIONS];
        for (int k = 0; k < DIMENSIONS; k++) {
            for (int i = 0; i < DIMENSIONS; i++) {
                axes[k][i] = random.nextGaussian();
            }
            for (int before = 0; before < k; before++) {
                double along = product(axes[k], axes[before]);
                for (int i = 0; i < DIMENSIONS; i++) {
                    axes[k][i] -= along * axes[before][i];
                }
            }
            double length = Math.sqrt(product(axes[k], axes[k]));
            for (int i = 0; i < DIMENSIONS; i++) {
                axes[k][i] /= length;
            }
        }
        return axes;
    }

    private static double product(double[] first, double[] second) {
        double sum = 0;
        for (int i = 0; i < DIMENSIONS; i++) {
            sum += first[i] * second[i];
        }
        return sum;
    }
}
