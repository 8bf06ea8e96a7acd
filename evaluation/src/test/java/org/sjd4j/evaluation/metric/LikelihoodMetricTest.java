package org.sjd4j.evaluation.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.TextToImage;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.EvaluationPlan;
import org.sjd4j.evaluation.run.ModelGenerator;
import org.sjd4j.evaluation.run.Prompt;

class LikelihoodMetricTest {
    private static final int PROMPTS = 12;

    @TempDir
    private static Path directory;

    private static TextToImage model() {
        return TextToImage.open(TinyCheckpoint.write(directory.resolve("tiny")), "cpu");
    }

    private static Evaluation open() {
        var prompts = IntStream.range(0, PROMPTS)
                .mapToObj(i -> new Prompt(i % 2 == 0 ? "red apple " + i : "green pear " + i))
                .toList();
        var choices = DecoderChoice.parse("sjd-exact,sjd,jacobi", DecoderSettings.DEFAULT.withWindow(6));
        var plan = new EvaluationPlan(prompts, 1, 1, choices, new Sampling(2, 1, 12, 1));
        return Evaluation.open(directory.resolve("run"), plan, new LinkedHashMap<>(Map.of("model", "tiny")), false);
    }

    private static double figure(Evaluation evaluation, LikelihoodMetric metric, int decoder) {
        var sums = new MetricResults(evaluation, List.of(metric), (_, _) -> {})
                .of(evaluation.plan().choices().get(decoder));
        return Objects.requireNonNull((Estimate) sums.getFirst().figure().value())
                .mean();
    }

    /** A sampler is told from a decoder that always takes the best, and the model is not loaded for what is known. */
    @Test
    void exactImagesAreAsProbableAsThoseOfArAndGreedyOnesMore() {
        try (var evaluation = open()) {
            try (var model = model()) {
                evaluation.generate(new ModelGenerator(model, "tiny", new Recipe.Parts(null, null)), (_, _, _) -> {});
            }
            try (var metric = new LikelihoodMetric(evaluation, LikelihoodMetricTest::model)) {
                double ar = figure(evaluation, metric, 0);
                assertThat(ar).isBetween(-20.0, 0.0).isEqualTo(slowly(evaluation), within(1e-6));
                assertThat(figure(evaluation, metric, 1)).isEqualTo(ar);
                assertThat(figure(evaluation, metric, 2)).isNotEqualTo(ar).isEqualTo(ar, within(1.0));
                assertThat(figure(evaluation, metric, 3)).isGreaterThan(ar);
            }
            var known = new LikelihoodMetric(evaluation, () -> {
                throw new AssertionError("all figures are kept");
            });
            try (known) {
                assertThat(figure(evaluation, known, 3)).isGreaterThan(figure(evaluation, known, 0));
            }
        }
    }

    private static double slowly(Evaluation evaluation) {
        double[] sum = new double[1];
        try (var model = model()) {
            evaluation.lines(line -> {
                if (line.image().decoder().equals("ar")) {
                    sum[0] += model.score(line.image().prompt(), Sampling.PLAIN, line.tokenIds())
                            .meanLogProbability();
                }
            });
        }
        return sum[0] / PROMPTS;
    }
}
