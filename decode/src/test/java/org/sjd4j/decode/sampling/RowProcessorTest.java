package org.sjd4j.decode.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
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

    /** What was selected elsewhere gives the same bits as the whole row, or says that it is not enough. */
    @Test
    void theLargestLogitsTellTheSameOrNothing() {
        int tellings = 0;
        int silent = 0;
        for (int seed = 0; seed < 3000; seed++) {
            Random random = new Random(seed);
            int ids = 1 + random.nextInt(300);
            float[] logits = logits(random, ids, random.nextInt(3) == 0);
            if (random.nextInt(4) == 0) {
                for (int i = 1; i < ids; i += 1 + random.nextInt(5)) {
                    logits[i] = MASKED;
                }
            }
            Sampling sampling = new Sampling(
                    1,
                    1,
                    random.nextBoolean() ? 0 : random.nextInt(ids + 10),
                    random.nextBoolean() ? 1 : 0.05 + 0.95 * random.nextDouble());
            RowProcessor processor = new RowProcessor(new RasterLayout(4, 4, FIRST, ids), sampling);
            int count = random.nextInt(3) == 0 ? LargestLogits.enough(sampling, ids) : 1 + random.nextInt(ids);

            Distribution expected = processor.processGuided(3, logits, 0);
            Optional<Distribution> told = processor.processLargest(3, largest(logits, count, random), 0);

            if (told.isEmpty()) {
                silent++;
                assertThat(count).as("seed %d, %s", seed, sampling).isLessThan(ids);
                continue;
            }
            Distribution found = told.get();
            tellings++;
            assertThat(found.size())
                    .as("seed %d, %s, %d of %d", seed, sampling, count, ids)
                    .isEqualTo(expected.size());
            for (int i = 0; i < found.size(); i++) {
                assertThat(found.id(i)).isEqualTo(expected.id(i));
                assertThat(found.probability(found.id(i))).isEqualTo(expected.probability(found.id(i)));
            }
        }
        assertThat(tellings).isGreaterThan(1000);
        assertThat(silent).isGreaterThan(500);
    }

    /** With a total that is as wrong as it may be. */
    private static LargestLogits largest(float[] logits, int count, Random random) {
        int[] places = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -logits[i]))
                .limit(count)
                .mapToInt(i -> i)
                .sorted()
                .toArray();
        float[] values = new float[count];
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            values[i] = logits[places[i]];
            max = Math.max(max, values[i]);
        }
        double total = 0;
        for (float logit : logits) {
            total += Math.exp(logit - max);
        }
        double wrong = 0.9 * LargestLogits.TOTAL_ERROR * (random.nextBoolean() ? 1 : -1);
        return new LargestLogits(count, values, places, new float[] {(float) (total * (1 + wrong))});
    }

    @Test
    void theLargestLogitsKeepTheGrammar() {
        Layout layout = new RasterLayout(2, 2, List.of(90), 91, List.of(92), 0, 4);
        RowProcessor processor = new RowProcessor(layout, new Sampling(1, 1, 1, 1));
        var rows = new LargestLogits(2, new float[] {1, 2}, new int[] {1, 3}, new float[] {1});
        assertThat(processor.processLargest(3, rows, 0).orElseThrow().probability(91))
                .isEqualTo(1);
        assertThat(processor.processLargest(2, rows, 0).orElseThrow().probability(3))
                .isEqualTo(1);
        assertThat(processor.processGuided(3, new float[4], 0).probability(91)).isEqualTo(1);
    }

    @Test
    void refusesWhatIsNoNumberAmongTheLargest() {
        RowProcessor processor = new RowProcessor(new RasterLayout(1, 1, 0, 3), new Sampling(1, 1, 1, 1));
        var rows = new LargestLogits(2, new float[] {1, Float.NaN}, new int[] {0, 2}, new float[] {1});
        assertThatThrownBy(() -> processor.processLargest(0, rows, 0)).hasMessageContaining("NaN");
        var masked = new LargestLogits(2, new float[] {MASKED, MASKED}, new int[] {0, 2}, new float[] {1});
        assertThatThrownBy(() -> processor.processLargest(0, masked, 0)).hasMessageContaining("masked");
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
