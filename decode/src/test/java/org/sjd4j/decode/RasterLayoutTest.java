package org.sjd4j.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sjd4j.decode.sampling.Layout.NONE;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RasterLayoutTest {

    @Test
    void countsLinesAndNeighbours() {
        RasterLayout layout = new RasterLayout(3, 2, List.of(50, 51), 52, List.of(53), 10, 4);
        assertThat(layout.length()).isEqualTo(2 + 2 * 4 + 1);
        assertThat(IntStream.range(0, layout.length()).map(layout::forcedAt))
                .containsExactly(50, 51, NONE, NONE, NONE, 52, NONE, NONE, NONE, 52, 53);
        assertThat(IntStream.range(0, layout.length()).map(layout::leftNeighbour))
                .containsExactly(NONE, NONE, NONE, 2, 3, NONE, NONE, 6, 7, NONE, NONE);
        assertThat(IntStream.range(0, layout.length()).map(layout::aboveNeighbour))
                .containsExactly(NONE, NONE, NONE, NONE, NONE, NONE, 2, 3, 4, NONE, NONE);
        assertThat(layout.imageIds()).containsExactly(10, 11, 12, 13);
    }

    @Test
    void tokensAreCodesWithStructure() {
        RasterLayout layout = new RasterLayout(3, 2, List.of(50, 51), 52, List.of(53), 10, 4);
        int[] codes = {0, 1, 2, 3, 2, 1};
        assertThat(layout.tokens(codes)).containsExactly(50, 51, 10, 11, 12, 52, 13, 12, 11, 52, 53);
        assertThat(layout.codes(layout.tokens(codes))).containsExactly(codes);
    }

    @Test
    void needsNoStructuralTokens() {
        RasterLayout layout = new RasterLayout(2, 2, 0, 4);
        assertThat(IntStream.range(0, layout.length()).map(layout::forcedAt)).containsExactly(NONE, NONE, NONE, NONE);
        assertThat(IntStream.range(0, layout.length()).map(layout::aboveNeighbour))
                .containsExactly(NONE, NONE, 0, 1);
        assertThatThrownBy(() -> new RasterLayout(0, 2, 0, 4)).hasMessageContaining("0 columns");
    }
}
