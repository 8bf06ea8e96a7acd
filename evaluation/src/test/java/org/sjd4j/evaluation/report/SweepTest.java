package org.sjd4j.evaluation.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.run.EvaluationPlan;
import org.sjd4j.evaluation.run.Prompt;
import org.sjd4j.evaluation.run.Summary;

class SweepTest {
    private static List<Sweep> among(String decoders) {
        var choices = DecoderChoice.parse(decoders, DecoderSettings.DEFAULT);
        var plan = new EvaluationPlan(List.of(new Prompt("plum")), 1, 1, choices, Sampling.PLAIN);
        return Sweep.among(plan.choices().stream()
                .map(choice -> Summary.of(choice, List.of(), List.of(), null, List.of()))
                .toList());
    }

    @Test
    void threeWindowsOfOneDecoderAreASweepInOrder() {
        var sweeps = among("ar:window=3,sjd:window=32,sjd,sjd:window=8,sjd-exact,sjd-exact:window=8");
        assertThat(sweeps).singleElement().satisfies(sweep -> {
            assertThat(sweep.setting()).isEqualTo(Sweep.Setting.WINDOW);
            assertThat(sweep.lines()).singleElement().satisfies(line -> {
                assertThat(line.label()).isEqualTo("sjd");
                assertThat(line.index()).isEqualTo(1);
                assertThat(line.points().keySet()).containsExactly(8, 16, 32);
            });
        });
    }

    @Test
    void decodersThatDifferInAnythingElseAreLinesOfTheirOwn() {
        var sweeps = among("sjd2-exact:window=8,initialisation=left,sjd2-exact:window=16,initialisation=left,"
                + "sjd2-exact:window=32,initialisation=left,sjd2-exact:window=8,sjd2-exact:window=16,sjd2-exact:window=32,"
                + "sjd2-exact:denoising-steps=1,sjd2-exact:denoising-steps=2");
        assertThat(sweeps).extracting(Sweep::setting).containsExactly(Sweep.Setting.values());
        assertThat(sweeps.getFirst().lines())
                .extracting(Sweep.Line::label)
                .containsExactly("sjd2-exact:initialisation=left", "sjd2-exact");
        assertThat(sweeps.getFirst().lines())
                .as("with more choices than colours, lines have colours of their own")
                .extracting(Sweep.Line::index)
                .containsExactly(1, 2);
        assertThat(sweeps.getLast().lines()).singleElement().satisfies(line -> {
            assertThat(line.label()).isEqualTo("sjd2-exact:window=16");
            assertThat(line.points().keySet()).containsExactly(1, 2, 3);
        });
    }

    @Test
    void denoisingStepsMeanNothingToDecodersWithoutNoise() {
        assertThat(among("sjd:denoising-steps=1,sjd:denoising-steps=2,sjd:denoising-steps=3,sjd2"))
                .isEmpty();
    }
}
