package org.sjd4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamingStatisticsTest {
    private static final long SEED = 20_251_202;
    private static final int DIMENSIONS = 7;

    /** Against the definition, in two passes: also far from zero, where sums of squares lose every digit. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 1, 1e4})
    void equalsTheDefinition(double offset) {
        float[][] vectors = vectors(500, offset);
        requireEqual(counted(vectors, 0, 500).statistics(), vectors);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 250, 499, 500})
    void partsMergeToTheWhole(int cut) {
        float[][] vectors = vectors(500, 1e4);
        var first = counted(vectors, 0, cut);
        var second = counted(vectors, cut, 500);
        first.merge(second);
        assertThat(first.count()).isEqualTo(500);
        assertThat(second.count()).isEqualTo(500 - cut);
        requireEqual(first.statistics(), vectors);
    }

    @Test
    void oneVectorHasNoCovariance() {
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> counted(vectors(1, 0), 0, 1).statistics())
                .withMessageContaining("found 1 images");
    }

    @Test
    void whatDoesNotFitIsRefusedAndNotCounted() {
        var statistics = counted(vectors(10, 0), 0, 10);
        double[] before = statistics.statistics().covariance();
        refused("length 3", () -> statistics.add(new float[3]));
        refused("NaN as feature 2", () -> statistics.add(new float[] {1, 1, Float.NaN, 0, 0, 0, 0}));
        refused("'b'", () -> statistics.merge(new StreamingStatistics("b", DIMENSIONS)));
        refused("length 3", () -> statistics.merge(new StreamingStatistics("a", 3)));
        assertThat(statistics.count()).isEqualTo(10);
        assertThat(statistics.statistics().covariance()).isEqualTo(before);
    }

    private static void refused(String message, Runnable work) {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(work::run)
                .withMessageContaining(message);
    }

    private static StreamingStatistics counted(float[][] vectors, int from, int to) {
        var statistics = new StreamingStatistics("a", DIMENSIONS);
        for (int i = from; i < to; i++) {
            statistics.add(vectors[i]);
        }
        return statistics;
    }

    private static float[][] vectors(int count, double offset) {
        var random = new SplittableRandom(SEED);
        float[][] vectors = new float[count][DIMENSIONS];
        for (float[] vector : vectors) {
            double common = random.nextGaussian();
            for (int i = 0; i < DIMENSIONS; i++) {
                vector[i] = (float) (offset * (i + 1) + common + (i + 1) * random.nextGaussian());
            }
        }
        return vectors;
    }

    private static void requireEqual(FeatureStatistics ours, float[][] vectors) {
        assertThat(ours.count()).hasValue(vectors.length);
        double[] mean = new double[DIMENSIONS];
        for (float[] vector : vectors) {
            for (int i = 0; i < DIMENSIONS; i++) {
                mean[i] += vector[i] / (double) vectors.length;
            }
        }
        for (int i = 0; i < DIMENSIONS; i++) {
            assertThat(ours.mean()[i]).as("seed %d", SEED).isCloseTo(mean[i], within(1e-11 * (1 + Math.abs(mean[i]))));
            for (int k = 0; k < DIMENSIONS; k++) {
                double sum = 0;
                for (float[] vector : vectors) {
                    sum += (vector[i] - mean[i]) * (vector[k] - mean[k]);
                }
                assertThat(ours.covariance()[i * DIMENSIONS + k])
                        .as("seed %d", SEED)
                        .isCloseTo(sum / (vectors.length - 1), within(1e-9));
            }
        }
    }
}
