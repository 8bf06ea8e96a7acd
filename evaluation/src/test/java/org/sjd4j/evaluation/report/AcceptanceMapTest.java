package org.sjd4j.evaluation.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.sjd4j.decode.RasterLayout;

class AcceptanceMapTest {
    private static int[] run(int... acceptedPerStep) {
        return acceptedPerStep;
    }

    @Test
    void everyPlaceHasTheSizeOfItsStep() {
        var layout = new RasterLayout(3, 2, 0, 1);
        assertThat(AcceptanceMap.of(List.of(run(1, 3, 2)), layout))
                .isDeepEqualTo(new double[][] {{1, 3, 3}, {3, 2, 2}});
    }

    @Test
    void imagesAreAveraged() {
        var layout = new RasterLayout(2, 2, 0, 1);
        var map = AcceptanceMap.of(List.of(run(1, 1, 1, 1), run(4), run(1, 3)), layout);
        assertThat(map[0]).containsExactly(2, (1 + 4 + 3) / 3.0);
        assertThat(map[1]).containsExactly((1 + 4 + 3) / 3.0, (1 + 4 + 3) / 3.0);
        assertThat(AcceptanceMap.largest(List.<double[][]>of(map))).isEqualTo(8 / 3.0);
    }

    @Test
    void structuralTokensHaveNoPlaceButCount() {
        var layout = new RasterLayout(2, 2, List.of(7), 8, List.of(9), 0, 1); // 7 a b 8 c d 8 9
        assertThat(AcceptanceMap.of(List.of(run(2, 3, 3)), layout)).isDeepEqualTo(new double[][] {{2, 3}, {3, 3}});
    }
}
