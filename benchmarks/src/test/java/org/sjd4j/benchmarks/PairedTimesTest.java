package org.sjd4j.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.evaluation.DecoderChoice;

class PairedTimesTest {

    private static final List<DecoderChoice> TWO = DecoderChoice.parse("ar,sjd-exact", DecoderSettings.DEFAULT);

    @Test
    void turnsTheOrderRoundFromPairToPair() {
        var order = new StringBuilder();
        var _ = PairedTimes.measure(
                turn -> {
                    order.append(turn.choice().isBaseline() ? 'A' : 'B').append(turn.seed());
                    return 1;
                },
                TWO,
                List.of("cat", "dog", "sun"),
                2,
                1,
                _ -> {});
        assertThat(order).hasToString("A0B0" + "A1B1" + "B1A1" + "A1B1" + "B2A2" + "A2B2" + "B2A2");
    }

    @Test
    void driftCancelsOut() {
        double[] clock = {1};
        var times = PairedTimes.measure(
                turn -> (turn.choice().isBaseline() ? 2 : 1) * (clock[0] *= 1.02),
                TWO,
                List.of("cat", "dog"),
                6,
                0,
                _ -> {});
        assertThat(times.speedUp(0, 1).median()).isCloseTo(2, within(0.002));
        assertThat(times.speedUp(0, 1).pairs()).isEqualTo(12);
        assertThat(times.speedUp(1, 0).median()).isCloseTo(0.5, within(0.001));
    }

    /** Exact would be 95 of 100; groups that resemble each other make the interval of single values far too narrow. */
    @Test
    void theIntervalHoldsTheTruthAboutAsOftenAsItSays() {
        var random = new Random(4);
        int held = 0;
        for (int trial = 0; trial < 100; trial++) {
            var groups = new ArrayList<double[]>();
            for (int prompt = 0; prompt < 15; prompt++) {
                double shared = random.nextGaussian();
                double[] ratios = new double[4];
                Arrays.setAll(ratios, _ -> Math.exp(0.2 * shared + 0.05 * random.nextGaussian()));
                groups.add(ratios);
            }
            var ratio = MedianRatio.of(groups);
            held += ratio.low() <= 1 && ratio.high() >= 1 ? 1 : 0;
        }
        assertThat(held).isBetween(85, 100);
    }

    @Test
    void aSinglePromptIsResampledByImages() {
        var ratio = MedianRatio.of(List.of(new double[] {1, 2, 3}));
        assertThat(ratio.median()).isEqualTo(2);
        assertThat(ratio.low()).isEqualTo(1);
        assertThat(ratio.high()).isEqualTo(3);
        assertThat(ratio.text()).isEqualTo("2.00x [1.00, 3.00]");
    }
}
