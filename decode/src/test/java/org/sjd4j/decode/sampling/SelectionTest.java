package org.sjd4j.decode.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** What is kept, against sorting. */
class SelectionTest {

    @RepeatedTest(300)
    void keepsTheLargestAndTheirTies(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        int n = 1 + random.nextInt(random.nextBoolean() ? 500 : 6000);
        float[] row = row(random, n);
        int k = 1 + random.nextInt(random.nextBoolean() ? n : Math.min(n, 20));
        check("seed " + seed, k, row);
    }

    private static float[] row(Random random, int n) {
        int kind = random.nextInt(6);
        int period = 2 + random.nextInt(12);
        float[] row = new float[n];
        for (int i = 0; i < n; i++) {
            row[i] = switch (kind) {
                case 0 -> random.nextInt(3) - 1;
                case 1 -> Float.intBitsToFloat(random.nextInt() & 0xbfffffff); // any magnitude
                case 2 -> random.nextInt(20) == 0 ? Float.NEGATIVE_INFINITY : random.nextFloat();
                case 3 -> (random.nextBoolean() ? 0f : -0f) + (random.nextInt(9) == 0 ? 1 : 0) * random.nextFloat();
                case 4 -> i % period == 0 ? 10 + random.nextFloat() : random.nextFloat(); // misleads samples
                default -> (float) random.nextGaussian();
            };
        }
        if (random.nextInt(3) == 0) {
            Arrays.sort(row);
        }
        return row;
    }

    @Test
    void keepsAllThatAreEqual() {
        for (float value : new float[] {0, -0f, -3, 1e30f, -Float.MAX_VALUE, Float.MAX_VALUE}) {
            float[] row = new float[2000];
            Arrays.fill(row, value);
            check("all " + value, 1, row);
            check("all " + value, 2000, row);
        }
    }

    @Test
    void aSampleOfTheLargestOnlyCostsAnotherPass() {
        float[] row = new float[5120];
        for (int i = 0; i < row.length; i++) {
            row[i] = i % 10 == 0 ? 5 + i : -i;
        }
        check("every tenth", 1000, row);
        check("every tenth", 4000, row);
    }

    private static void check(String what, int k, float[] row) {
        Survivors survivors = new Survivors(row.length);
        Selection selection = new Selection(row.length);
        selection.preselect(k, row, survivors);
        selection.select(k, survivors);

        float[] sorted = row.clone();
        Arrays.sort(sorted);
        float least = sorted[row.length - k];
        int[] expected = IntStream.range(0, row.length)
                .filter(i -> row[i] >= least && row[i] > Float.NEGATIVE_INFINITY)
                .toArray();
        int[] found = IntStream.range(0, survivors.size()).map(survivors::place).toArray();
        assertThat(found).as("%s, %d of %d", what, k, row.length).isEqualTo(expected);
        for (int i = 0; i < found.length; i++) {
            assertThat(survivors.values()[i]).as("%s, place %d", what, found[i]).isEqualTo(row[found[i]]);
        }
    }
}
