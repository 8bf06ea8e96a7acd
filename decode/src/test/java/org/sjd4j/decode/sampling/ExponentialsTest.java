package org.sjd4j.decode.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ExponentialsTest {

    private static final int N = 200_000;

    @Test
    void areRoundedFromTheTrueOnes() {
        Random random = new Random(5);
        float[] x = new float[N];
        float[] powers = new float[N];
        for (int i = 0; i < N; i++) {
            x[i] = -(i % 2 == 0 ? 1 : 120) * random.nextFloat();
            powers[i] = x[i] + 3;
        }
        new Exponentials(N).replace(powers, N, 3);
        for (int i = 0; i < N; i++) {
            float shifted = (x[i] + 3) - 3;
            float expected = (float) StrictMath.exp(shifted);
            assertThat(Math.abs(powers[i] - expected)).as("e^%s", shifted).isLessThanOrEqualTo(Math.ulp(expected));
        }
    }

    @Test
    void knowTheEnds() {
        float[] x = {7, Float.NEGATIVE_INFINITY, -1e30f, 7, 99};
        new Exponentials(5).replace(x, 4, 7);
        assertThat(x).containsExactly(1, 0, 0, 1, 99);
    }
}
