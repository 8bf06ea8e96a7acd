package org.sjd4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class TensorsTest {
    @Test
    void valuesGoThereAndBack() {
        Tensors.scope(() -> {
            assertThat(Tensors.floats(Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3)))
                    .containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(Tensors.doubles(Tensors.of(new double[] {0.1, 0.2}, 2))).containsExactly(0.1, 0.2);
            assertThat(Tensors.ints(Tensors.of(new int[] {-1, 7}, 1, 2))).containsExactly(-1, 7);
            assertThat(Tensors.floats(Tensors.of(new float[0], 0, 3))).isEmpty();
        });
    }

    @Test
    void valuesThatDoNotFillTheShapeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tensors.of(new float[7], 2, 3))
                .withMessageContaining("7 values")
                .withMessageContaining("[2, 3]");
        assertThatIllegalArgumentException().isThrownBy(() -> Tensors.of(new double[1], 2));
        assertThatIllegalArgumentException().isThrownBy(() -> Tensors.of(new long[2], 1));
        assertThatIllegalArgumentException().isThrownBy(() -> Tensors.of(new int[2], 3));
    }
}
