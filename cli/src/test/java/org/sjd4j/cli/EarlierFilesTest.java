package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.Conditions;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.metric.ImageMetric;
import org.sjd4j.evaluation.metric.MetricResults;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.EvaluationPlan;
import org.sjd4j.evaluation.run.ImageRecord;
import org.sjd4j.evaluation.run.Prompt;
import org.sjd4j.evaluation.run.Trajectory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An evaluation and tuned settings that version 0.1 of November 2026 (commit 4977e49) wrote, with the {@link TinyCheckpoint}
 * by the name {@code tiny}, are read and go on as if today's program had written them.
 */
class EarlierFilesTest {
    /** What says that the same image was generated, by names that have not changed. */
    private static final List<String> WHAT_STAYS =
            List.of("prompt", "seed", "decoder", "file", "accepted_per_step", "identical_to_ar", "token_ids");

    @TempDir
    private Path directory;

    private Path evaluation = Path.of("");

    @BeforeEach
    void copy() throws IOException, URISyntaxException {
        URL resource = Objects.requireNonNull(EarlierFilesTest.class.getResource("earlier"));
        copy(Path.of(resource.toURI()), directory);
        evaluation = directory.resolve("evaluation");
        Path cache = directory.resolve("cache");
        TinyCheckpoint.write(cache.resolve("models/tiny"));
        System.setProperty("sjd4j.cache", cache.toString());
    }

    @AfterEach
    void forget() {
        System.clearProperty("sjd4j.cache");
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.resolve(".."));
                Files.copy(file, copy);
            }
        }
    }

    private JsonNode evaluate() {
        return Cli.run(
                        "evaluate",
                        "--model=tiny",
                        "--dtype=float32",
                        "--prompts=" + directory.resolve("prompts.txt"),
                        "--decoders=sjd-exact:window=5,sjd",
                        "--scorer=none",
                        "--out=" + evaluation,
                        "--json")
                .succeeded()
                .json();
    }

    @Test
    void aFinishedEvaluationIsReadAndNothingIsGeneratedAgain() throws IOException {
        String before = Files.readString(evaluation.resolve("pictures.jsonl"));
        var rows = evaluate().at("/tables/0/rows");
        assertThat(evaluation.resolve("images.jsonl")).content().isEqualTo(before);
        assertThat(rows.valueStream().map(row -> row.path("decoder").stringValue()))
                .containsExactly("ar", "sjd-exact:window=5", "sjd");
        assertThat(rows.get(0).at("/steps/mean").doubleValue()).isEqualTo(TinyCheckpoint.GRID * TinyCheckpoint.GRID);
        assertThat(rows.get(1).at("/identical_to_ar/share").doubleValue()).isEqualTo(1);
        assertThat(evaluation.resolve("report.html")).exists();
    }

    @Test
    void anEvaluationThatWasStoppedGoesOn() throws IOException {
        Path file = evaluation.resolve("pictures.jsonl");
        var lines = Files.readAllLines(file);
        Files.writeString(
                file,
                String.join("\n", lines.subList(0, 4)) + "\n" + lines.get(4).substring(0, 50));
        Files.delete(evaluation.resolve("pictures/sjd-exact_window_5/00001-0.png"));
        evaluate();
        var now = Files.readAllLines(evaluation.resolve("images.jsonl"));
        assertThat(now).hasSize(6).startsWith(lines.subList(0, 4).toArray(String[]::new));
        for (int i = 4; i < 6; i++) {
            var before = new JsonMapper().readTree(lines.get(i));
            var again = new JsonMapper().readTree(now.get(i));
            for (String name : WHAT_STAYS) {
                assertThat(again.path(name)).as(name).isEqualTo(before.path(name));
            }
        }
        assertThat(evaluation.resolve("images/sjd-exact_window_5/00001-0.png")).exists();
    }

    @Test
    void metricsAndTrajectoriesAreRead() throws IOException {
        Path file = evaluation.resolve("judged/sjd/scorer_score.json");
        var kept = new JsonMapper().readTree(Files.readString(file));
        var metric = new ImageMetric() {
            @Override
            public String key() {
                return "scorer_score";
            }

            @Override
            public String heading() {
                return "scorer score";
            }

            @Override
            public String description() {
                return kept.path("judge").stringValue();
            }

            @Override
            public Figure measure(List<ImageRecord> images) {
                throw new AssertionError("the figure was kept");
            }
        };
        try (var opened = Evaluation.open(evaluation, plan(), identity(), false)) {
            assertThat(opened.complete()).isTrue();
            var sjd = opened.plan().choices().getLast();
            var figure = new MetricResults(opened, List.of(metric), (heading, decoder) -> {})
                    .of(sjd)
                    .getFirst()
                    .figure();
            assertThat(figure.value())
                    .isInstanceOfSatisfying(
                            Estimate.class,
                            estimate -> assertThat(estimate.mean())
                                    .isEqualTo(kept.at("/figure/value").doubleValue()));
            var trajectory = Objects.requireNonNull(Trajectory.read(evaluation, sjd));
            assertThat(trajectory.steps()).hasSize(opened.images(sjd).getFirst().steps());
        }
    }

    private static EvaluationPlan plan() {
        var prompts = List.of(new Prompt("red apple, noto style"), new Prompt("green pear"));
        var choices = DecoderChoice.parse("sjd-exact:window=5,sjd", DecoderSettings.DEFAULT.withWindow(6));
        return new EvaluationPlan(prompts, 1, 1, choices, new Sampling(3, 1, 0, 1));
    }

    private SequencedMap<String, String> identity() throws IOException {
        var identity = new LinkedHashMap<String, String>();
        new JsonMapper()
                        .readTree(Files.readString(evaluation.resolve("evaluation.json")))
                        .path("identity")
                        .properties()
                        .stream()
                        .limit(8)
                        .forEach(entry ->
                                identity.put(entry.getKey(), entry.getValue().stringValue()));
        return identity;
    }

    @Test
    void tunedSettingsAreUsed() throws IOException {
        String threads = System.getenv("OMP_NUM_THREADS");
        String processor = Conditions.processor() + (threads == null ? "" : ", " + threads + " threads");
        String tuned = Files.readString(directory.resolve("tuned.json"));
        Files.writeString(directory.resolve("cache/tuned.json"), tuned.replace("PROCESSOR", processor));
        var generated = Cli.run(
                        "generate",
                        "red apple",
                        "--model=tiny",
                        "--dtype=float32",
                        "--json",
                        "--out=" + directory.resolve("apple.png"))
                .succeeded()
                .json();
        assertThat(generated.path("decoder").stringValue()).isEqualTo("sjd-exact");
        assertThat(generated.path("window").intValue())
                .as("the model's own is 6")
                .isEqualTo(4);
    }
}
