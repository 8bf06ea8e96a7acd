package org.sjd4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class StatisticsTest {
    /** Student's sleep data: the extra hours of sleep of ten patients by two drugs; known results are those of R. */
    private static final double[] FIRST = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};

    private static final double[] SECOND = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

    @Test
    void welchTestOfStudentsSleepData() {
        var test = MeanTest.welch(FIRST, SECOND);
        assertThat(test.difference()).isEqualTo(-1.58, within(1e-9));
        assertThat(test.statistic()).isEqualTo(-1.8608, within(1e-4));
        assertThat(test.p()).isEqualTo(0.07939, within(1e-5));
    }

    @Test
    void pairedTestOfStudentsSleepData() {
        var test = MeanTest.paired(FIRST, SECOND);
        assertThat(test.statistic()).isEqualTo(-4.0621, within(1e-4));
        assertThat(test.p()).isEqualTo(0.002833, within(1e-6));
        assertThat(MeanTest.paired(SECOND, FIRST).p()).isEqualTo(test.p(), within(1e-12));
    }

    @Test
    void withoutVarianceEqualIsEqualAndDifferentIsDifferent() {
        assertThat(MeanTest.paired(FIRST, FIRST)).isEqualTo(new MeanTest(0, 0, 1));
        assertThat(MeanTest.welch(new double[] {2, 2}, new double[] {1, 1}).p()).isZero();
        assertThat(MeanTest.zero(new double[] {-3, -3}).p()).isZero();
        assertThat(MeanTest.zero(new double[] {1}).p()).isNaN();
    }

    @Test
    void estimateOfStudentsSleepData() {
        var estimate = Estimate.of(FIRST);
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

    @Test
    void lowerBoundOfAShare() {
        assertThat(ExactnessMeasurement.lowerBound(200, 200)).isEqualTo(Math.pow(0.05, 1 / 200.0), within(1e-9));
        assertThat(ExactnessMeasurement.lowerBound(0, 5)).isZero();
        assertThat(ExactnessMeasurement.lowerBound(8, 10)).isEqualTo(0.4931, within(1e-4));
    }
}
