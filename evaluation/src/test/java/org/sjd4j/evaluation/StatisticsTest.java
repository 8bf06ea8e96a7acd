package org.sjd4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class StatisticsTest {
    /** Student's sleep data: the extra hours of sleep of ten patients by a drug; known results are those of R. */
    private static final double[] SLEEP = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};

    @Test
    void estimateOfStudentsSleepData() {
        var estimate = Estimate.of(SLEEP);
        assertThat(estimate.mean()).isEqualTo(0.75, within(1e-12));
        assertThat(estimate.standardError()).isEqualTo(1.78901 / Math.sqrt(10), within(1e-5));
        assertThat(estimate.median()).isEqualTo(0.35, within(1e-12));
        assertThat(estimate.text(1)).isEqualTo("0.8 ± 0.6");
        assertThat(Estimate.of(4).text(2)).isEqualTo("4.00");
    }

    @Test
    void speedUpIsTheGeometricMeanOfRatios() {
        var speedUp = SpeedUp.ofLogarithms(Math.log(4), Math.log(1));
        assertThat(speedUp.mean()).isEqualTo(2, within(1e-12));
        assertThat(Math.log(speedUp.high())).isEqualTo(Math.log(2) * (1 + 12.7062), within(1e-4));
        assertThat(SpeedUp.ofLogarithms(Math.log(1.5)).text()).isEqualTo("1.50x");
    }
}
