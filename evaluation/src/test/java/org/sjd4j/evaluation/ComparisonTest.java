package org.sjd4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.Comparison.Listener;
import tools.jackson.databind.json.JsonMapper;

class ComparisonTest {
    private static final List<String> PROMPTS = List.of("a <b>pear</b>", "apple & \"fig\"", "plum");

    private final FakeModel model = new FakeModel();

    private Comparison comparison(String decoders, List<String> prompts) {
        var choices = DecoderChoice.parse(decoders, DecoderSettings.DEFAULT);
        var plan = new Plan(prompts, Plan.seeds("3..6"), choices, new Sampling(2, 1, 50, 1));
        return Comparison.run(model, plan, true, Listener.NONE);
    }

    @Test
    void autoregressionGoesFirstAndTheOthersFollowForTheSamePromptAndSeed() {
        var comparison = comparison("sjd-exact:window=32,ar,sjd", PROMPTS);
        assertThat(comparison.runs()).hasSize(3 * 4 * 3);
        for (int i = 0; i < comparison.runs().size(); i += 3) {
            var runs = comparison.runs().subList(i, i + 3);
            assertThat(runs)
                    .extracting(run -> run.choice().label())
                    .containsExactly("ar", "sjd-exact:window=32", "sjd");
            assertThat(runs)
                    .extracting(Run::prompt)
                    .containsOnly(runs.getFirst().prompt());
            assertThat(runs).extracting(Run::seed).containsOnly(runs.getFirst().seed());
        }
        assertThat(model.requests).hasSize(3 + 3 * 4 * 3); // one image each to warm up
    }

    @Test
    void autoregressionIsAddedAndDuplicatesAreDropped() {
        assertThat(comparison("sjd,sjd", PROMPTS).plan().choices())
                .extracting(DecoderChoice::label)
                .containsExactly("ar", "sjd");
    }

    @Test
    void decodersThatTheModelCannotRunAreLeftOutWithTheReason() {
        var comparison = comparison("sjd2-exact:window=8,sjd", PROMPTS);
        assertThat(comparison.skipped()).containsExactly(Map.entry("sjd2-exact:window=8", "no <noise> here"));
        assertThat(comparison.plan().choices()).extracting(DecoderChoice::label).containsExactly("ar", "sjd");
    }

    @Test
    void imagesAreComparedWithThoseOfAutoregression() {
        var comparison = comparison("sjd,sjd-exact", PROMPTS);
        for (Run run : comparison.runs()) {
            boolean regenerated = run.choice().label().equals("sjd");
            assertThat(run.identical()).isEqualTo(!regenerated);
            assertThat(run.sameTokens()).isEqualTo(regenerated ? 11 / 12.0 : 1, within(1e-12));
        }
    }

    /** Seeds of one prompt are averaged before anything else, and speed-ups are those of pairs. */
    @Test
    void summariesAgreeWithASlowReference() {
        var comparison = comparison("sjd", PROMPTS);
        var summary = comparison.summaries().get(1);
        var steps = new ArrayList<Double>();
        var compressions = new ArrayList<Double>();
        var logs = new ArrayList<Double>();
        for (String prompt : PROMPTS) {
            double compression = 0;
            double log = 0;
            for (long seed = 3; seed <= 6; seed++) {
                Run ar = find(comparison, "ar", prompt, seed);
                Run sjd = find(comparison, "sjd", prompt, seed);
                int sum = 0;
                for (int accepted : sjd.statistics().acceptedPerStep()) {
                    sum += accepted;
                }
                compression += sum / 3.0 / 4;
                log += Math.log(ar.timing().total() / sjd.timing().total()) / 4;
            }
            steps.add(3.0);
            compressions.add(compression);
            logs.add(log);
        }
        assertThat(summary.images()).isEqualTo(12);
        check(summary.steps(), steps);
        check(summary.stepCompression(), compressions);
        assertThat(summary.speedUp().pairs()).isEqualTo(3);
        assertThat(Math.log(summary.speedUp().mean())).isEqualTo(mean(logs), within(1e-12));
        double reach = 4.302653 * deviation(logs) / Math.sqrt(3); // Student's t with 2 degrees of freedom
        assertThat(Math.log(summary.speedUp().high())).isEqualTo(mean(logs) + reach, within(1e-6));
        assertThat(Math.log(summary.speedUp().low())).isEqualTo(mean(logs) - reach, within(1e-6));
        assertThat(summary.identical().share()).isZero();
    }

    @Test
    void withOnePromptSeedsAreTheSample() {
        assertThat(comparison("sjd", List.of("plum"))
                        .summaries()
                        .getFirst()
                        .seconds()
                        .count())
                .isEqualTo(4);
    }

    private static Run find(Comparison comparison, String decoder, String prompt, long seed) {
        for (Run run : comparison.runs()) {
            if (run.choice().label().equals(decoder) && run.prompt().equals(prompt) && run.seed() == seed) {
                return run;
            }
        }
        throw new AssertionError("no run of " + decoder);
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

    @Test
    void jsonHoldsSummariesAndRuns() {
        var comparison = comparison("sjd-exact,sjd2", PROMPTS);
        var json = new JsonMapper().readTree(ComparisonReport.json("tiny", comparison, true));
        assertThat(json.propertyNames())
                .containsExactly("model", "sampling", "prompts", "seeds", "skipped", "decoders", "runs");
        assertThat(json.at("/sampling/guidance_scale").doubleValue()).isEqualTo(2);
        assertThat(json.at("/skipped/sjd2").stringValue()).isEqualTo("no <noise> here");
        var exact = json.at("/decoders/1");
        assertThat(exact.path("decoder").stringValue()).isEqualTo("sjd-exact");
        assertThat(exact.path("lossless").booleanValue()).isTrue();
        assertThat(exact.path("window").intValue()).isEqualTo(16);
        assertThat(exact.at("/steps/mean").doubleValue()).isEqualTo(3);
        assertThat(exact.at("/steps/standard_error").doubleValue()).isZero();
        assertThat(exact.at("/identical_to_ar/share").doubleValue()).isEqualTo(1);
        assertThat(json.path("runs")).hasSize(24);
        var run = json.at("/runs/1");
        assertThat(run.path("prompt").stringValue()).isEqualTo(PROMPTS.getFirst());
        assertThat(run.path("token_ids")).hasSize(FakeModel.TOKENS);
        assertThat(run.path("accepted_per_step")).hasSize(3);
        assertThat(run.at("/seconds/image_decode").doubleValue()).isEqualTo(0.02);
        assertThat(new JsonMapper()
                        .readTree(ComparisonReport.json("tiny", comparison, false))
                        .at("/runs/1")
                        .has("token_ids"))
                .isFalse();
    }

    @Test
    void numbersThatDoNotExistAreNullInJson() {
        var choices = DecoderChoice.parse("sjd", DecoderSettings.DEFAULT);
        var plan = new Plan(List.of("plum"), List.of(1L), choices, Sampling.PLAIN);
        var comparison = Comparison.run(model, plan, false, Listener.NONE);
        var json = new JsonMapper().readTree(ComparisonReport.json("tiny", comparison, false));
        assertThat(json.at("/decoders/1/steps/standard_error").isNull()).isTrue();
        assertThat(json.at("/decoders/1/speed_up/low").isNull()).isTrue();
    }
}
