package org.sjd4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ClipScoreTest {
    private static final float[] PAIRS = {0.5f, -0.25f, 0.25f};
    private static final float[] MOSTLY_BELOW = {0.25f, -0.5f};

    @Test
    void definitionsDifferInWhatTheyCutOff() {
        assertThat(ClipScore.CLAMPED_PAIRS.of(PAIRS, 10)).isEqualTo(25);
        assertThat(ClipScore.TORCHMETRICS.of(PAIRS, 10)).isCloseTo(100 * 0.5 / 3, within(1e-12));
        assertThat(ClipScore.PACKAGE.of(PAIRS, 10)).isCloseTo(10 * 0.5 / 3, within(1e-12));
        assertThat(ClipScore.HESSEL.of(PAIRS, 10)).isEqualTo(0.625);
        assertThat(ClipScore.CLAMPED_PAIRS.of(MOSTLY_BELOW, 10)).isEqualTo(12.5);
        assertThat(ClipScore.TORCHMETRICS.of(MOSTLY_BELOW, 10)).isZero();
        assertThat(ClipScore.PACKAGE.of(MOSTLY_BELOW, 10)).isEqualTo(-1.25);
    }

    @ParameterizedTest
    @EnumSource
    void aScoreHasANameAndNeedsPairs(ClipScore score) {
        assertThat(ClipScore.named(score.toString())).isEqualTo(score);
        assertThatThrownBy(() -> score.of(new float[0], 100)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void unknownNamesAreAnsweredWithTheKnownOnes() {
        assertThatThrownBy(() -> ClipScore.named("clip"))
                .hasMessageContaining("'clip'; there are clamped-pairs, torchmetrics, package, hessel");
    }

    @Test
    void embeddingsOfTwoMetricsHaveNoCosine() {
        assertThat(TextImageMetric.cosine(new float[] {0.6f, 0.8f}, new float[] {0, 1}))
                .isEqualTo(0.8f);
        assertThatThrownBy(() -> TextImageMetric.cosine(new float[2], new float[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 and 3");
    }
}
