package org.sjd4j.decode.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.decode.RasterLayout;

class RowProcessorTest {

    private static final int FIRST = 5;
    private static final float MASKED = Float.NEGATIVE_INFINITY;

    @RepeatedTest(200)
    void agreesWithTheObviousWay(RepetitionInfo repetition) {
        agrees(repetition.getCurrentRepetition(), 60);
    }

    /** Rows of which a sample is taken first. */
    @RepeatedTest(60)
    void agreesWithTheObviousWayOnLongRows(RepetitionInfo repetition) {
        agrees(repetition.getCurrentRepetition(), 6000);
    }

    private static void agrees(long seed, int most) {
        Random random = new Random(seed);
        int ids = 1 + random.nextInt(most);
        boolean ties = random.nextBoolean();
        float[] conditional = logits(random, most + 40, ties);
        float[] unconditional = logits(random, most + 40, ties);
        Sampling sampling = new Sampling(
                random.nextBoolean() ? 1 : random.nextInt(8),
                random.nextBoolean() ? 1 : 0.5 + random.nextDouble(),
                random.nextInt(ids + 10),
                random.nextBoolean() ? 1 : 0.05 + 0.95 * random.nextDouble());
        RowProcessor processor = new RowProcessor(new RasterLayout(4, 4, FIRST, ids), sampling);

        Distribution row = processor.process(3, conditional, 7, unconditional, 11);

        double[] expected = obvious(sampling, ids, conditional, 7, unconditional, 11);
        for (int id = 0; id < most + 20; id++) {
            assertThat(row.probability(id))
                    .as("seed %d, id %d, %s", seed, id, sampling)
                    .isCloseTo(id >= FIRST && id < FIRST + ids ? expected[id - FIRST] : 0, within(1e-5));
        }
    }

    private static float[] logits(Random random, int size, boolean ties) {
        float[] logits = new float[size];
        for (int i = 0; i < size; i++) {
            logits[i] = ties ? random.nextInt(5) - 2 : (float) (3 * random.nextGaussian());
        }
        return logits;
    }

    private static double[] obvious(Sampling s, int ids, float[] c, int offset, float[] u, int unconditionalOffset) {
        double[] z = new double[ids];
        for (int i = 0; i < ids; i++) {
            float with = c[offset + FIRST + i];
            float without = u[unconditionalOffset + FIRST + i];
            float guided = without + (float) s.guidanceScale() * (with - without);
            z[i] = (s.guidanceScale() == 1 ? with : guided) / (float) s.temperature();
        }
        if (s.topK() > 0 && s.topK() < ids) {
            double kth = Arrays.stream(z).sorted().toArray()[ids - s.topK()];
            z = Arrays.stream(z).map(v -> v >= kth ? v : MASKED).toArray();
        }
        double[] p = softmax(z);
        List<Integer> byProbability =
                new ArrayList<>(IntStream.range(0, ids).boxed().toList());
        double[] q = p;
        byProbability.sort(Comparator.comparingDouble(i -> -q[i]));
        double sum = 0;
        for (int i = 0; i < ids; i++) {
            int id = byProbability.get(i);
            boolean tie = i > 0 && p[id] == p[byProbability.get(i - 1)];
            if (sum >= s.topP() && !tie) {
                byProbability.subList(i, ids).forEach(rest -> q[rest] = 0);
                break;
            }
            sum += p[id];
        }
        double kept = Arrays.stream(q).sum();
        return Arrays.stream(q).map(v -> v / kept).toArray();
    }

    private static double[] softmax(double[] z) {
        double[] weights = Arrays.stream(z).map(Math::exp).toArray();
        double sum = Arrays.stream(weights).sum();
        return Arrays.stream(weights).map(w -> w / sum).toArray();
    }

    @Test
    void keepsAllTiesOfTopK() {
        Distribution row = new RowProcessor(new RasterLayout(1, 1, 0, 5), new Sampling(1, 1, 2, 1))
                .process(0, new float[] {1, 3, 1, 1, 0}, 0);
        assertThat(row.size()).isEqualTo(4);
        assertThat(row.probability(4)).isZero();
    }

    @Test
    void neverChoosesMaskedIds() {
        Distribution row = new RowProcessor(new RasterLayout(1, 1, 0, 4), new Sampling(1, 1, 3, 1))
                .process(0, new float[] {MASKED, 1, MASKED, 1}, 0);
        assertThat(row.size()).isEqualTo(2);
        assertThat(row.probability(1)).isEqualTo(0.5);
    }

    @Test
    void forcesStructuralTokens() {
        Layout layout = new RasterLayout(2, 2, List.of(90), 91, List.of(92), 0, 4);
        RowProcessor processor = new RowProcessor(layout, Sampling.PLAIN);
        assertThat(processor.process(3, new float[4], 0).probability(91)).isEqualTo(1);
        assertThat(processor.process(2, new float[4], 0).probability(91)).isZero();
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void refusesWhatIsNoNumber(float bad) {
        RowProcessor processor = new RowProcessor(new RasterLayout(1, 1, 0, 3), new Sampling(1, 1, 2, 0.9));
        assertThatThrownBy(() -> processor.process(0, new float[] {0, bad, 1}, 0))
                .isInstanceOf(DecodingException.class)
                .hasMessageContaining("position 0")
                .hasMessageContaining(Float.isNaN(bad) ? "NaN" : "infinity");
    }

    @Test
    void findsWhatIsNoNumberAnywhereInALongRow() {
        RowProcessor processor = new RowProcessor(new RasterLayout(1, 1, 0, 3000), new Sampling(3, 1, 10, 1));
        for (int place : new int[] {0, 1, 2, 5, 1024, 2999}) {
            for (int bits : new int[] {0x7fc00000, 0xffc00000}) { // NaNs of both signs
                float[] logits = logits(new Random(place), 6000, false);
                logits[place] = Float.intBitsToFloat(bits);
                assertThatThrownBy(() -> processor.process(0, logits, 0, logits, 3000))
                        .as("place %d, bits %x", place, bits)
                        .hasMessageContaining("NaN");
            }
        }
    }

    @Test
    void refusesAFullyMaskedRow() {
        RowProcessor processor = new RowProcessor(new RasterLayout(1, 1, 0, 2), Sampling.PLAIN);
        assertThatThrownBy(() -> processor.process(0, new float[] {MASKED, MASKED}, 0))
                .isInstanceOf(DecodingException.class)
                .hasMessageContaining("masked");
    }

    @Test
    void refusesImpossibleSampling() {
        assertThatThrownBy(() -> new Sampling(1, 0, 0, 1)).hasMessageContaining("top-k to 1");
        assertThatThrownBy(() -> new Sampling(1, 1, -1, 1)).hasMessageContaining("top-k is -1");
        assertThatThrownBy(() -> new Sampling(1, 1, 0, 1.5)).hasMessageContaining("top-p is 1.5");
        assertThatThrownBy(() -> new Sampling(Double.NaN, 1, 0, 1)).hasMessageContaining("guidance-scale is NaN");
    }
}
