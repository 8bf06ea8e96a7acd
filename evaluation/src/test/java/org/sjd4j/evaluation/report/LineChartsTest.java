package org.sjd4j.evaluation.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineChartsTest {
    @Test
    void sharesAreOfStepsThatAcceptAtLeastSoManyTokens() {
        assertThat(LineCharts.shares(List.of(new int[] {1, 1}, new int[] {1}), 4))
                .containsExactly(new double[] {100, 0, 0, 0}, within(1e-9));
        int[] accepted = {5, 1, 2, 4};
        double[] shares = LineCharts.shares(List.of(accepted), 5);
        assertThat(shares).containsExactly(new double[] {100, 75, 50, 50, 25}, within(1e-9));
        assertThat(Arrays.stream(shares).sum() / 100)
                .as("the area below the line is the step compression")
                .isCloseTo(Arrays.stream(accepted).average().orElseThrow(), within(1e-9));
    }
}
