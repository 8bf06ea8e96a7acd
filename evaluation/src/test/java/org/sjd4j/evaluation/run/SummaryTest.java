package org.sjd4j.evaluation.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.FakeGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SummaryTest {
    private static final List<String> PROMPTS = List.of("a pear", "apple & fig", "plum");
    private static final int IMAGES = 4;

    @TempDir
    private Path directory;

    /** What all figures are computed from, and the figures. */
    private record Result(List<ImageLine> lines, List<Summary> summaries, JsonNode json) {
        ImageRecord find(String decoder, String prompt, int image) {
            return lines.stream()
                    .map(ImageLine::image)
                    .filter(record -> record.decoder().equals(decoder)
                            && record.prompt().equals(prompt)
                            && record.image() == image)
                    .findFirst()
                    .orElseThrow();
        }
    }

    private Result evaluate(String decoders, List<String> prompts, int images) {
        var choices = DecoderChoice.parse(decoders, DecoderSettings.DEFAULT);
        var plan = new EvaluationPlan(
                prompts.stream().map(Prompt::new).toList(), images, 3, choices, new Sampling(2, 1, 50, 1));
        var identity = new LinkedHashMap<>(Map.of("model", "fake"));
        try (var evaluation = Evaluation.open(directory, plan, identity, true)) {
            evaluation.generate(new FakeGenerator(4), (_, _, _) -> {});
            var lines = new ArrayList<ImageLine>();
            evaluation.lines(lines::add);
            var summaries = evaluation.summaries(Summary.Metrics.NONE);
            String json = evaluation.summarise(Map.of(), summaries, List.of()).json();
            return new Result(lines, summaries, new JsonMapper().readTree(json));
        }
    }

    /** Images of one prompt are averaged before anything else, and speed-ups are those of pairs. */
    @Test
    void figuresAgreeWithASlowReference() {
        var result = evaluate("sjd", PROMPTS, IMAGES);
        var summary = result.summaries().get(1);
        var compressions = new ArrayList<Double>();
        var logs = new ArrayList<Double>();
        double overhead = 0;
        double changed = 0;
        for (String prompt : PROMPTS) {
            double compression = 0;
            double log = 0;
            for (int image = 0; image < IMAGES; image++) {
                var ar = result.find("ar", prompt, image);
                var sjd = result.find("sjd", prompt, image);
                int sum = 0;
                for (int accepted : sjd.acceptedPerStep()) {
                    sum += accepted;
                }
                compression += sum / 3.0 / IMAGES;
                log += Math.log(ar.seconds().total() / sjd.seconds().total()) / IMAGES;
                overhead += 0.05 / (0.05 + sjd.seconds().model()) / PROMPTS.size() / IMAGES;
                changed += sjd.changedDrafts();
            }
            compressions.add(compression);
            logs.add(log);
        }
        assertThat(summary.images()).isEqualTo(PROMPTS.size() * IMAGES);
        check(summary.steps(), List.of(3.0, 3.0, 3.0));
        check(summary.stepCompression(), compressions);
        assertThat(summary.speedUp().pairs()).isEqualTo(3);
        assertThat(Math.log(summary.speedUp().mean())).isEqualTo(mean(logs), within(1e-12));
        double reach = 4.302653 * deviation(logs) / Math.sqrt(3); // Student's t with 2 degrees of freedom
        assertThat(Math.log(summary.speedUp().high())).isEqualTo(mean(logs) + reach, within(1e-6));
        assertThat(Math.log(summary.speedUp().low())).isEqualTo(mean(logs) - reach, within(1e-6));
        assertThat(summary.identical().share()).isZero();
        assertThat(summary.sameTokens().mean()).isEqualTo(11 / 12.0, within(1e-12));
        assertThat(summary.overhead()).isEqualTo(overhead, within(1e-12));
        assertThat(summary.rowsPerPass()).isEqualTo(20 / 3.0, within(1e-12));
        assertThat(summary.changedDrafts()).isEqualTo(changed / (10 * PROMPTS.size() * IMAGES), within(1e-12));
    }

    @Test
    void theFirstDifferenceIsTheEarliestOfAllImages() {
        var result = evaluate("sjd,sjd-exact", PROMPTS, IMAGES);
        int earliest = Integer.MAX_VALUE;
        for (int i = 0; i < result.lines().size(); i += 3) {
            int[] ar = result.lines().get(i).tokenIds();
            int[] sjd = result.lines().get(i + 1).tokenIds();
            earliest = Math.min(earliest, Arrays.mismatch(ar, sjd));
        }
        assertThat(result.summaries().get(0).firstDifference()).isNull();
        assertThat(result.summaries().get(1).firstDifference()).isEqualTo(earliest);
        assertThat(result.summaries().get(2).firstDifference()).isNull();
        assertThat(result.summaries().get(2).identical().share()).isEqualTo(1);
        var passes = result.json().at("/tables/1/rows");
        assertThat(passes.get(1).path("first_difference").intValue()).isEqualTo(earliest);
        assertThat(passes.get(2).path("first_difference").isNull()).isTrue();
    }

    @Test
    void withOnePromptImagesAreTheSample() {
        var summary = evaluate("sjd", List.of("plum"), IMAGES).summaries().getFirst();
        assertThat(summary.seconds().count()).isEqualTo(IMAGES);
    }

    @Test
    void autoregressionGoesFirstAndDecodersAreThereOnce() {
        assertThat(evaluate("sjd,sjd-exact,sjd,ar", PROMPTS, 1).summaries())
                .extracting(summary -> summary.choice().label())
                .containsExactly("ar", "sjd", "sjd-exact");
    }

    @Test
    void numbersThatDoNotExistAreNullInJson() {
        var row = evaluate("sjd", List.of("plum"), 1).json().at("/tables/0/rows/1");
        assertThat(row.at("/steps/standard_error").isNull()).isTrue();
        assertThat(row.at("/latency_speed_up/low").isNull()).isTrue();
    }

    private static void check(Estimate estimate, List<Double> values) {
        assertThat(estimate.count()).isEqualTo(values.size());
        assertThat(estimate.mean()).isEqualTo(mean(values), within(1e-12));
        assertThat(estimate.standardError()).isEqualTo(deviation(values) / Math.sqrt(values.size()), within(1e-12));
        assertThat(estimate.median())
                .isEqualTo(values.stream().sorted().toList().get(1), within(1e-12));
    }

    private static double mean(List<Double> values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.size();
    }

    private static double deviation(List<Double> values) {
        double squares = 0;
        for (double value : values) {
            squares += Math.pow(value - mean(values), 2);
        }
        return Math.sqrt(squares / (values.size() - 1));
    }
}
