package org.sjd4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.Comparison.Listener;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** All measurements on a tiny random model: what they say, not how long anything takes. */
class MeasurementsTest {
    private static final int TOKENS = TinyCheckpoint.GRID * TinyCheckpoint.GRID;
    private static final Sampling SAMPLING = new Sampling(2, 1, 12, 1);
    private static final DecoderSettings SETTINGS = DecoderSettings.DEFAULT.withWindow(6);

    @TempDir
    private static Path directory;

    private static TextToImage model;

    @BeforeAll
    static void load() {
        model = TextToImage.open(TinyCheckpoint.write(directory.resolve("tiny")), "cpu");
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static Plan plan(String decoders, String seeds) {
        return new Plan(
                List.of("red apple", "green pear"),
                Plan.seeds(seeds),
                DecoderChoice.parse(decoders, SETTINGS),
                SAMPLING);
    }

    private static JsonNode rows(Measurement measurement, int table) {
        assertThat(measurement.markdown())
                .contains(
                        "model: tiny", "### " + measurement.tables().get(table).title());
        return new JsonMapper()
                .readTree(measurement.json())
                .path("tables")
                .path(table)
                .path("rows");
    }

    /** Scores are those of the tokens that were generated, and change with nothing that comes later. */
    @Test
    void aTokensScoreDependsOnThoseBeforeItAlone() {
        int[] tokens = model.generate(new Request("red apple", 5, Decoders.AR, SETTINGS, SAMPLING))
                .tokens();
        var plain = model.score("red apple", Sampling.PLAIN, tokens);
        var generated = model.score("red apple", SAMPLING, tokens);
        assertThat(generated.impossible()).isZero();
        for (int position = 0; position < TOKENS; position++) {
            assertThat(plain.logProbabilities()[position]).isNegative().isGreaterThan(-20);
            assertThat(generated.entropies()[position]).isPositive().isLessThanOrEqualTo(Math.log(12) + 1e-6);
            assertThat(plain.entropies()[position]).isLessThanOrEqualTo(Math.log(TinyCheckpoint.CODES) + 1e-6);
        }
        // what a position is given depends on what comes before it and on nothing after it
        for (int position = 0; position < TOKENS - 1; position++) {
            int[] other = tokens.clone();
            for (int later = position + 1; later < other.length; later++) {
                other[later] = (tokens[later] + 1) % TinyCheckpoint.CODES;
            }
            assertThat(model.score("red apple", Sampling.PLAIN, other).logProbabilities()[position])
                    .isEqualTo(plain.logProbabilities()[position], within(1e-4));
        }
        assertThat(model.score("green pear", Sampling.PLAIN, tokens).meanLogProbability())
                .isNotEqualTo(plain.meanLogProbability());
    }

    @Test
    void scoringRefusesWhatIsNoImage() {
        assertThatIllegalArgumentException().isThrownBy(() -> model.score("red", SAMPLING, new int[3]));
        int[] wrong = new int[TOKENS];
        wrong[3] = TinyCheckpoint.CODES;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> model.score("red", SAMPLING, wrong))
                .withMessageContaining("token 32 at position 3");
    }

    @Test
    void stepsOfEveryDecoderAndSweep() {
        var heard = new ArrayList<Integer>();
        var sweeps = List.of(new StepsMeasurement.Sweep(
                "window", "Windows", DecoderChoice.parse("sjd-exact:window=2,sjd-exact:window=16", SETTINGS)));
        var measurement = StepsMeasurement.measure(model, plan("all", "1..3"), sweeps, (done, all) -> heard.add(done));
        var all = rows(measurement, 0);
        assertThat(all.get(0).path("steps").path("mean").doubleValue()).isEqualTo(TOKENS);
        assertThat(all.valueStream().map(row -> row.path("decoder").stringValue()))
                .contains("sjd", "jacobi", "sjd-exact");
        for (JsonNode row : all) {
            assertThat(row.path("steps").path("mean").doubleValue()).isBetween(3.0, (double) TOKENS);
        }
        assertThat(rows(measurement, 1)).hasSize(2);
        assertThat(heard).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void theUsualSweepsNameTheirSettings() {
        assertThat(StepsMeasurement.sweeps(SETTINGS))
                .hasSize(6)
                .allSatisfy(sweep -> assertThat(sweep.choices())
                        .extracting(DecoderChoice::label)
                        .doesNotHaveDuplicates());
    }

    @Test
    void exactDecodersGenerateTheSameImagesAndSeedsDiffer() {
        var measurement = ExactnessMeasurement.measure(
                model, plan("sjd-exact:window=2,sjd-exact:window=7", "1..5"), Listener.NONE);
        assertThat(measurement.conditions()).containsEntry("different_pictures_by_ar", "10 of 10");
        for (JsonNode row : rows(measurement, 0)) {
            assertThat(row.path("identical").intValue()).isEqualTo(10);
            assertThat(row.path("first_difference").isNull()).isTrue();
        }
        assertThat(ExactnessMeasurement.choices(SETTINGS)).hasSize(12);
    }

    /** Exact images score exactly as autoregression's, and a sampler is told from a decoder that always takes the best. */
    @Test
    void qualityTellsLossyFromLossless() {
        var measurement = QualityMeasurement.measure(model, plan("sjd-exact,sjd,jacobi", "1..12"), Listener.NONE);
        var rows = rows(measurement, 0);
        assertThat(rows.get(1).path("paired_p").doubleValue()).isEqualTo(1);
        assertThat(rows.get(1).path("paired_difference").doubleValue()).isZero();
        var greedy = rows.get(3);
        assertThat(greedy.path("lossless").booleanValue()).isFalse();
        assertThat(greedy.at("/surplus/mean").doubleValue())
                .isGreaterThan(rows.get(0).at("/surplus/mean").doubleValue() + 0.3);
        assertThat(greedy.at("/sampling_log_likelihood/mean").doubleValue())
                .isGreaterThan(rows.get(0).at("/sampling_log_likelihood/mean").doubleValue());
    }

    @Test
    void timesAreThereForEveryNumberOfRows() {
        var measurement = TimeMeasurement.measure(model, plan("sjd-exact", "1..2"), 2, Listener.NONE);
        var passes = rows(measurement, 0);
        assertThat(passes.valueStream().map(row -> row.path("rows").intValue())).containsExactly(1, 2, 4, 8, 16);
        for (JsonNode row : passes) {
            assertThat(row.path("network_ms").doubleValue()).isPositive();
            assertThat(row.path("step_ms").doubleValue()).isPositive();
        }
        assertThat(rows(measurement, 1).get(0).at("/ratio/mean").doubleValue()).isPositive();
        assertThat(rows(measurement, 2)).hasSize(2);
    }

    @Test
    void memoryIsSampledAndNativeObjectsStayFlat() {
        var rows = rows(MemoryMeasurement.measure(model, plan("sjd-exact", "1..4"), 20, Listener.NONE), 0);
        assertThat(rows).hasSize(11);
        assertThat(rows.get(10).path("generations").intValue()).isEqualTo(20);
        assertThat(rows.valueStream().map(row -> row.path("native_objects").longValue()))
                .containsOnly(rows.get(0).path("native_objects").longValue());
    }
}
