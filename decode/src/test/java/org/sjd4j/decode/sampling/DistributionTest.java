package org.sjd4j.decode.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.sjd4j.decode.random.GumbelNoise;
import org.sjd4j.decode.random.Randomness;

class DistributionTest {

    private static final Distribution P = Distribution.of(new int[] {2, 3, 7, 9}, new double[] {1, 2, 0, 1});

    @Test
    void knowsProbabilitiesOfStoredAndOtherIds() {
        assertThat(P.probability(3)).isEqualTo(0.5);
        assertThat(P.probability(7)).isZero();
        assertThat(P.probability(1)).isZero();
        assertThat(P.probability(8)).isZero();
        assertThat(P.probability(10)).isZero();
        assertThat(Distribution.dense(1, 3).probability(1)).isEqualTo(0.75);
        assertThat(Distribution.dense(1, 3).probability(-1)).isZero();
        assertThat(Distribution.dense(1, 3).probability(2)).isZero();
    }

    @Test
    void samplesByTheInverseOfTheCumulativeDistribution() {
        assertThat(P.sample(0x1p-60)).isEqualTo(2);
        assertThat(P.sample(0.24)).isEqualTo(2);
        assertThat(P.sample(0.26)).isEqualTo(3);
        assertThat(P.sample(0.74)).isEqualTo(3);
        assertThat(P.sample(0.76)).isEqualTo(9);
        assertThat(P.sample(Math.nextDown(1.0))).isEqualTo(9);
        assertThat(Distribution.dense(1, 0).sample(Math.nextDown(1.0)))
                .as("never an impossible id")
                .isZero();
    }

    @Test
    void argmaxTakesTheSmallestOfSeveral() {
        assertThat(P.argmax()).isEqualTo(3);
        assertThat(Distribution.dense(1, 2, 2).argmax()).isEqualTo(1);
    }

    @Test
    void residualIsThePositivePartOfTheDifference() {
        Distribution q = Distribution.of(new int[] {0, 3, 9, 11}, new double[] {1, 1, 1, 1});
        Distribution residual = P.residual(q);
        assertThat(residual.probability(2)).isCloseTo(0.5, within(1e-6));
        assertThat(residual.probability(3)).isCloseTo(0.5, within(1e-6));
        assertThat(residual.probability(9)).isZero();
        assertThat(P.residual(Distribution.oneHot(5)).totalVariation(P))
                .as("disjoint")
                .isZero();
        assertThat(P.residual(P)).as("nothing left").isSameAs(P);
    }

    @Test
    void totalVariationIsTheMassThatDiffers() {
        assertThat(P.totalVariation(P)).isZero();
        assertThat(P.totalVariation(Distribution.oneHot(8))).isEqualTo(1);
        assertThat(P.totalVariation(Distribution.oneHot(3))).isEqualTo(0.5);
        assertThat(Distribution.oneHot(3).totalVariation(P)).isEqualTo(0.5);
    }

    @Test
    void gumbelArgmaxIsTheArgmaxOfLogProbabilityPlusNoise() {
        Random random = new Random(3);
        for (int position = 0; position < 200; position++) {
            double[] weights = random.doubles(30).toArray();
            weights[4] = 0;
            Distribution p = Distribution.dense(weights);
            Randomness randomness = new Randomness(99);
            int best = 0;
            for (int id = 1; id < weights.length; id++) {
                if (score(p, randomness, position, id) > score(p, randomness, position, best)) {
                    best = id;
                }
            }
            assertThat(p.argmax(new GumbelNoise(randomness, position, 0, 30))).isEqualTo(best);
        }
    }

    /** Passes that change the row ask for the same noise again, and ids that cannot win for none at all. */
    @RepeatedTest(30)
    void gumbelArgmaxOfManyPassesIsThatOfAllWeights(RepetitionInfo repetition) {
        int seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        Randomness randomness = new Randomness(seed);
        GumbelNoise kept = new GumbelNoise(randomness, 4, 10, 1000);
        for (int pass = 0; pass < 20; pass++) {
            double sharpness = 12 * random.nextDouble();
            double[] weights = new double[1200];
            Arrays.setAll(weights, _ -> Math.exp(sharpness * random.nextGaussian()));
            Distribution p = Distribution.dense(weights);
            int best = 0;
            double most = 0;
            for (int id = 0; id < weights.length; id++) {
                double score = p.probability(id) * new GumbelNoise(randomness, 4, 0, 0).weight(id);
                if (score > most) {
                    most = score;
                    best = id;
                }
            }
            assertThat(p.argmax(kept)).as("seed %d, pass %d", seed, pass).isEqualTo(best);
        }
    }

    @RepeatedTest(50)
    void samplesAndResidualsAreTheObviousOnes(RepetitionInfo repetition) {
        int seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        Distribution p = sparse(random);
        Distribution q = sparse(random);
        double[] rest = new double[300];
        for (int id = 0; id < rest.length; id++) {
            rest[id] = Math.max(0, p.probability(id) - q.probability(id));
        }
        double sum = Arrays.stream(rest).sum();
        Distribution residual = p.residual(q);
        for (int id = 0; id < rest.length; id++) {
            assertThat(residual.probability(id)).as("seed %d, id %d", seed, id).isCloseTo(rest[id] / sum, within(1e-6));
        }
        for (int sample = 0; sample < 50; sample++) {
            double u = random.nextDouble();
            int id = p.sample(u);
            double below = IntStream.range(0, id).mapToDouble(p::probability).sum();
            assertThat(p.probability(id)).as("seed %d, id %d", seed, id).isPositive();
            assertThat(u).as("seed %d, id %d", seed, id).isBetween(below - 1e-6, below + p.probability(id) + 1e-6);
        }
    }

    private static Distribution sparse(Random random) {
        int[] ids = IntStream.range(0, 300).filter(_ -> random.nextInt(3) > 0).toArray();
        return Distribution.of(
                ids,
                random.doubles(ids.length)
                        .map(weight -> weight < 0.2 ? 0 : weight)
                        .toArray());
    }

    private static double score(Distribution p, Randomness randomness, int position, int id) {
        return Math.log(p.probability(id)) + randomness.gumbel(position, id);
    }

    @Test
    void refusesWhatIsNoDistribution() {
        assertThatThrownBy(() -> Distribution.dense(1, Double.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Distribution.dense(1, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Distribution.dense(0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(Distribution::dense).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Distribution.of(new int[] {2, 2}, new double[] {1, 1}))
                .hasMessageContaining("ascend");
        assertThatThrownBy(() -> Distribution.of(new int[] {2}, new double[] {1, 1}))
                .hasMessageContaining("1 ids but 2 weights");
    }
}
