package org.sjd4j.decode.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.sjd4j.decode.ChiSquare;
import org.sjd4j.decode.random.Randomness.Purpose;

class RandomnessTest {

    private static final int N = 100_000;
    private static final Randomness RANDOMNESS = new Randomness(7);

    /** Known answers of the authors' reference implementation, Random123. */
    @Test
    void philoxGivesItsKnownAnswers() {
        assertThat(Philox.block(0, 0, 0, 0, 0)).isEqualTo(new Philox(0xe169c58d6627e8d5L, 0x9b00dbd8bc57ac4cL));
        assertThat(Philox.block(-1, -1, -1, -1, -1)).isEqualTo(new Philox(0x41c83b0e408f276dL, 0x6d5451fda20bc7c6L));
        assertThat(Philox.block(0x299f31d0a4093822L, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344))
                .isEqualTo(new Philox(0x94fdccebd16cfe09L, 0x24126ea15001e420L));
    }

    /** A seed means an image: these numbers may not change from release to release. */
    @Test
    void staysWhatItIs() {
        Randomness randomness = new Randomness(20251008);
        assertThat(randomness.uniform(3, Purpose.UNIFORM, 2)).isEqualTo(0.74612266156441);
        assertThat(randomness.gumbel(3, 2)).isEqualTo(1.336140946890415);
        assertThat(randomness.gaussian(3, 4)).contains(-1.2317599f, 1.8517714f);
    }

    @Test
    void isUniformAlongEveryKey() {
        assertUniform(n -> RANDOMNESS.uniform(3, Purpose.UNIFORM, n));
        assertUniform(position -> RANDOMNESS.uniform(position, Purpose.UNIFORM, 0));
        assertUniform(seed -> new Randomness(seed).uniform(0, Purpose.UNIFORM, 0));
        assertUniform(seed -> new Randomness((long) seed << 32).uniform(0, Purpose.UNIFORM, 0));
        assertUniform(id -> RANDOMNESS.uniform(3, Purpose.GUMBEL, id));
    }

    private static void assertUniform(IntToDoubleFunction numbers) {
        int cells = 100;
        int[] seen = new int[cells];
        for (int i = 0; i < N; i++) {
            double u = numbers.applyAsDouble(i);
            assertThat(u > 0 && u < 1).isTrue();
            seen[(int) (u * cells)]++;
        }
        double[] flat = new double[cells];
        Arrays.fill(flat, 1.0 / cells);
        assertThat(ChiSquare.perDegreeOfFreedom(seen, flat)).isBetween(0.6, 1.5);
    }

    @Test
    void neighbouringKeysAreIndependent() {
        assertIndependent(
                n -> RANDOMNESS.uniform(3, Purpose.UNIFORM, n), n -> RANDOMNESS.uniform(4, Purpose.UNIFORM, n));
        assertIndependent(
                n -> RANDOMNESS.uniform(3, Purpose.UNIFORM, n), n -> RANDOMNESS.uniform(3, Purpose.UNIFORM, n + 1));
        assertIndependent(
                n -> RANDOMNESS.uniform(3, Purpose.UNIFORM, n), n -> RANDOMNESS.uniform(3, Purpose.GUMBEL, n));
        assertIndependent(
                n -> RANDOMNESS.uniform(3, Purpose.UNIFORM, n), n -> new Randomness(8).uniform(3, Purpose.UNIFORM, n));
        assertIndependent(
                n -> RANDOMNESS.uniform(n, Purpose.UNIFORM, 3), n -> RANDOMNESS.uniform(3, Purpose.UNIFORM, n));
    }

    private static void assertIndependent(IntToDoubleFunction first, IntToDoubleFunction second) {
        int cells = 8;
        int[] seen = new int[cells * cells];
        for (int i = 10; i < N; i++) {
            int row = (int) (first.applyAsDouble(i) * cells);
            int column = (int) (second.applyAsDouble(i) * cells);
            seen[row * cells + column]++;
        }
        double[] flat = new double[cells * cells];
        Arrays.fill(flat, 1.0 / flat.length);
        assertThat(ChiSquare.perDegreeOfFreedom(seen, flat)).isBetween(0.5, 1.6);
    }

    @Test
    void gumbelNoiseHasGumbelsMoments() {
        double sum = 0;
        double squares = 0;
        for (int id = 0; id < N; id++) {
            double g = RANDOMNESS.gumbel(11, id);
            assertThat(g).isFinite();
            sum += g;
            squares += g * g;
        }
        double mean = sum / N;
        assertThat(mean).isCloseTo(0.57722, within(0.02));
        assertThat(squares / N - mean * mean).isCloseTo(Math.PI * Math.PI / 6, within(0.05));
    }

    @Test
    void gumbelWeightsAreExponentialsOfGumbelNoise() {
        GumbelNoise noise = new GumbelNoise(RANDOMNESS, 2, 10, 5);
        for (int id : new int[] {0, 9, 10, 12, 14, 15, 1000, 12, 9}) {
            assertThat(Math.log(noise.weight(id))).as("id %d", id).isCloseTo(RANDOMNESS.gumbel(2, id), within(1e-5));
        }
    }

    @Test
    void gumbelWeightsStayBelowTheirBoundAndWhatTheyAre() {
        GumbelNoise bounded = new GumbelNoise(RANDOMNESS, 5, 10, N / 2);
        GumbelNoise direct = new GumbelNoise(RANDOMNESS, 5, 10, N / 2);
        for (int id = 0; id < N; id++) {
            float bound = bounded.atMost(id);
            float weight = direct.weight(id);
            assertThat(weight).as("id %d", id).isPositive().isLessThanOrEqualTo(bound);
            assertThat(bounded.weight(id)).as("id %d", id).isEqualTo(weight);
            assertThat(bounded.atMost(id))
                    .as("id %d", id)
                    .isGreaterThanOrEqualTo(weight)
                    .isFinite();
        }
    }

    @Test
    void gaussianNoiseIsStandardAndDiffersBetweenPositions() {
        float[] noise = RANDOMNESS.gaussian(1, N + 1);
        float[] other = RANDOMNESS.gaussian(2, N + 1);
        double mean = 0;
        double square = 0;
        double fourth = 0;
        double product = 0;
        double pairs = 0;
        for (int d = 0; d < N; d++) {
            assertThat(noise[d]).isFinite();
            mean += noise[d] / (double) N;
            square += Math.pow(noise[d], 2) / N;
            fourth += Math.pow(noise[d], 4) / N;
            product += noise[d] * (double) other[d] / N;
            pairs += noise[d] * (double) noise[d + 1] / N;
        }
        assertThat(mean).isCloseTo(0, within(0.015));
        assertThat(square).isCloseTo(1, within(0.02));
        assertThat(fourth).isCloseTo(3, within(0.15));
        assertThat(product).isCloseTo(0, within(0.015));
        assertThat(pairs).isCloseTo(0, within(0.015));
    }
}
