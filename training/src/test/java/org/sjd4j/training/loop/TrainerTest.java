package org.sjd4j.training.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.sjd4j.OddLocales;
import org.sjd4j.family.raster.PromptSlots;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.training.model.ModelTraining;
import org.sjd4j.training.model.StartingModel;
import org.sjd4j.training.model.TokenBatches;
import org.sjd4j.training.tokenizer.ImageBatches;
import org.sjd4j.training.tokenizer.TokenizerTraining;
import org.sjd4j.vision.PatchTokenizer;

/** Runs that stop and go on, and what can go wrong with their files. */
public final class TrainerTest {
    private static final RasterLlama.Config MODEL =
            new RasterLlama.Config(new LlamaConfig(32, 2, 2, 48, 1e-5, 10000), 12, 4, 4, 16, 4);
    private static final PatchTokenizer.Config VISION =
            new PatchTokenizer.Config(16, 4, 16, 4, 8, List.of(16, 8), List.of(1, 1));
    private static final List<Locale> LOCALES = OddLocales.ALL;
    private static final Map<String, String> IDENTITY = Map.of("seed", "7");

    @TempDir
    private Path folder;

    @BeforeAll
    static void oneThread() {
        LibTorch.setThreads(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "BFLOAT16"})
    void aModelTrainedInTwoSessionsIsTheModelTrainedInOne(Precision precision) {
        train(model(precision), 20, folder.resolve("once"));
        train(model(precision), 10, folder.resolve("twice"));
        train(model(precision), 20, folder.resolve("twice"));

        assertSameBytes("once", "twice");
    }

    @Test
    void anImageTokenizerTrainedInTwoSessionsIsTheOneTrainedInOne() {
        train(tokenizer(), 20, folder.resolve("once"));
        train(tokenizer(), 10, folder.resolve("twice"));
        train(tokenizer(), 20, folder.resolve("twice"));

        assertSameBytes("once", "twice");
    }

    /** Names of checkpoints and figures of the log are read again by runs of other users. */
    @ParameterizedTest
    @FieldSource("LOCALES")
    void aRunGoesOnUnderAnotherLocale(Locale locale) {
        OddLocales.requireOdd();
        train(model(), 20, folder.resolve("once"));
        OddLocales.under(locale, () -> train(model(), 10, folder.resolve("twice")));
        train(model(), 15, folder.resolve("twice"));
        OddLocales.under(locale, () -> train(model(), 20, folder.resolve("twice")));

        assertSameBytes("once", "twice");
        assertThat(folder.resolve("twice/loss.csv")).content().matches("[\\x00-\\x7f]+");
        assertThat(folder.resolve("twice/checkpoints/step-00000005"))
                .as("old checkpoints are found and removed")
                .doesNotExist();
    }

    @Test
    void anotherSeedGivesAnotherModel() throws IOException {
        train(model(), 10, folder.resolve("one"));
        train(
                new ModelTraining(MODEL, new RandomTokens(8), Precision.FLOAT32, 8, new Device("cpu"), (m, png) -> {}),
                10,
                folder.resolve("other"));

        assertThat(Files.readAllBytes(parameters("one", 10))).isNotEqualTo(Files.readAllBytes(parameters("other", 10)));
    }

    @Test
    void aModelGoesOnWhereAnotherEndedAndKeepsTheWordsThatItKnows() {
        var special = PromptSlots.specialTokens();
        var known = WordTokenizer.of(special, List.of("apple", "bus", "cat", "dog", "red", "sun", "tea", "yak"));
        var wanted = WordTokenizer.of(special, List.of("ant", "bus", "red"));
        Path checkpoint = folder.resolve("checkpoint");
        var old = model().parameters().byName();
        CheckpointExport.write(checkpoint, MODEL, old, known, Map.of(), ScalarType.Float);
        var config = new RasterLlama.Config(
                MODEL.llama(), wanted.size(), MODEL.promptSlots(), MODEL.grid(), MODEL.codes(), MODEL.codeWidth());
        var task =
                new ModelTraining(config, new RandomTokens(7), Precision.FLOAT32, 8, new Device("cpu"), (m, png) -> {});
        var fresh = task.parameters()
                .weights()
                .get("model.embed_words.weight", wanted.size(), 32)
                .clone();
        task.startFrom(new StartingModel(checkpoint, new Device("cpu")), wanted);

        task.parameters().byName().forEach((name, tensor) -> {
            var source = old.get(name);
            if (name.contains("embed_words") || name.contains("embed_topics")) {
                for (String word : List.of("<null>", "bus", "red")) {
                    int from = known.id(word).orElseThrow();
                    int to = wanted.id(word).orElseThrow();
                    assertThat(tensor.select(0, to)
                                    .equal(java.util.Objects.requireNonNull(source)
                                            .select(0, from)))
                            .as(name)
                            .isTrue();
                }
            } else {
                assertThat(tensor.equal(source)).as(name).isTrue();
            }
        });
        int ant = wanted.id("ant").orElseThrow();
        var words = task.parameters().weights().get("model.embed_words.weight", wanted.size(), 32);
        assertThat(words.select(0, ant).equal(fresh.select(0, ant))).isTrue();

        var other = new RasterLlama.Config(
                new LlamaConfig(16, 1, 2, 16, 1e-5, 10000), wanted.size(), 4, 4, MODEL.codes(), MODEL.codeWidth());
        var misfit =
                new ModelTraining(other, new RandomTokens(7), Precision.FLOAT32, 8, new Device("cpu"), (m, png) -> {});
        assertThatThrownBy(() -> misfit.startFrom(new StartingModel(checkpoint, new Device("cpu")), wanted))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("has other sizes than the model to train");
    }

    @Test
    void trainingLowersTheLoss() {
        var losses = new java.util.ArrayList<Double>();
        try (var run = RunDirectory.open(folder.resolve("run"), IDENTITY)) {
            Trainer.train(model(), settings(60), run, (step, steps, loss, seconds) -> losses.add(loss));
        }

        assertThat(average(losses.subList(50, 60))).isLessThan(average(losses.subList(0, 10)) - 0.3);
    }

    @Test
    void aRunThatIsAskedToStopSavesWhereItIs() {
        var impatient = new TrainingListener() {
            private boolean enough;

            @Override
            public void updated(long step, long steps, double loss, double secondsPerStep) {
                enough = step == 13;
            }

            @Override
            public boolean stopRequested() {
                return enough;
            }
        };
        try (var run = RunDirectory.open(folder.resolve("stopped"), IDENTITY)) {
            assertThatThrownBy(() -> Trainer.train(model(), settings(20), run, impatient))
                    .isInstanceOf(TrainingException.class)
                    .hasMessage("stopped at step 13 of 20: the same command goes on from there");
        }
        train(model(), 20, folder.resolve("stopped"));
        train(model(), 20, folder.resolve("once"));

        assertSameBytes("once", "stopped");
    }

    @Test
    void aCheckpointThatWasNeverFinishedIsPassedOver() throws IOException {
        train(model(), 10, folder.resolve("run"));
        Path unfinished = folder.resolve("run/checkpoints/step-00000015");
        Files.createDirectories(unfinished);
        Files.writeString(unfinished.resolve("manifest.json"), "{\"format\":1,\"step\":15,\"files\":{\"parameters");

        train(model(), 20, folder.resolve("run"));
        train(model(), 20, folder.resolve("once"));

        assertSameBytes("once", "run");
    }

    @Test
    void aDamagedFileIsRefusedByName() throws IOException {
        train(model(), 10, folder.resolve("run"));
        byte[] bytes = Files.readAllBytes(parameters("run", 10));
        bytes[bytes.length - 3] ^= 1;
        Files.write(parameters("run", 10), bytes);

        assertThatThrownBy(() -> train(model(), 20, folder.resolve("run")))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("parameters.safetensors is damaged");
    }

    @Test
    void anotherConfigurationIsRefusedWithTheDifference() {
        train(model(), 10, folder.resolve("run"));

        assertThatThrownBy(() -> RunDirectory.open(folder.resolve("run"), Map.of("seed", "8")))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("seed: 7 -> 8");
    }

    @Test
    void oneWriterAtATime() {
        try (var first = RunDirectory.open(folder.resolve("run"), IDENTITY)) {
            assertThatThrownBy(() -> RunDirectory.open(folder.resolve("run"), IDENTITY))
                    .isInstanceOf(TrainingException.class)
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void theLogHasOneLineForEveryValidation() throws IOException {
        train(model(), 10, folder.resolve("run"));
        train(model(), 20, folder.resolve("run"));

        assertThat(Files.readAllLines(folder.resolve("run/loss.csv")))
                .hasSize(5)
                .first()
                .asString()
                .contains("step,learning_rate", "train_loss", "validation_prompt_gain");
        assertThat(folder.resolve("run/loss.png")).isNotEmptyFile();
    }

    private static Path train(TrainingTask task, long steps, Path directory) {
        try (var run = RunDirectory.open(directory, IDENTITY)) {
            Trainer.train(task, settings(steps), run, TrainingListener.SILENT);
        }
        return directory;
    }

    private static TrainingSettings settings(long steps) {
        return new TrainingSettings(steps, 5, 0, 3e-3, 0.05, 0.95, 1, 7, 10, 5, 10);
    }

    private static ModelTraining model() {
        return model(Precision.FLOAT32);
    }

    private static ModelTraining model(Precision precision) {
        return new ModelTraining(MODEL, new RandomTokens(7), precision, 7, new Device("cpu"), (m, png) -> {});
    }

    private static TokenizerTraining tokenizer() {
        return new TokenizerTraining(VISION, new RandomImages(), 5, 7, new Device("cpu"), TokenizerTraining.Part.ALL);
    }

    private static double average(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    private Path parameters(String run, int step) {
        return folder.resolve(run + String.format(Locale.ROOT, "/checkpoints/step-%08d/parameters.safetensors", step));
    }

    private void assertSameBytes(String one, String other) {
        for (String file : List.of("parameters.safetensors", "optimizer.safetensors")) {
            Path a = folder.resolve(one + "/checkpoints/step-00000020/" + file);
            Path b = folder.resolve(other + "/checkpoints/step-00000020/" + file);
            assertThat(a).hasSameBinaryContentAs(b);
        }
    }

    /** Captioned codes of which every second one repeats the one before, so that there is something to learn. */
    public record RandomTokens(long seed) implements TokenBatches {
        @Override
        public Batch training(long step) {
            var random = new SplittableRandom(seed * 1000 + step);
            int[] words = new int[4 * 4];
            for (int i = 0; i < words.length; i++) {
                words[i] = i % 4 == 3 ? RasterLlama.START : random.nextInt(RasterLlama.FIRST_WORD, 12);
            }
            int[] codes = new int[4 * 16];
            for (int i = 0; i < codes.length; i++) {
                codes[i] = i % 2 == 1 ? codes[i - 1] : random.nextInt(16);
            }
            return new Batch(Tensors.of(words, 4, 4), Tensors.of(codes, 4, 16));
        }

        @Override
        public Batch validation() {
            return training(-1);
        }

        @Override
        public Tensor nullPrompts() {
            int[] words = new int[4 * 4];
            for (int i = 0; i < words.length; i += 4) {
                words[i] = RasterLlama.NULL_PROMPT;
                words[i + 3] = RasterLlama.START;
            }
            return Tensors.of(words, 4, 4);
        }
    }

    /** Noise of two colours. */
    private record RandomImages() implements ImageBatches {
        @Override
        public Tensor training(long step) {
            var random = new SplittableRandom(step);
            float[] values = new float[4 * 3 * 16 * 16];
            for (int i = 0; i < values.length; i++) {
                values[i] = random.nextInt(4) == 0 ? 1 : -1;
            }
            return Tensors.of(values, 4, 3, 16, 16);
        }

        @Override
        public Tensor validation() {
            return training(-1);
        }

        @Override
        public int sheetSize() {
            return 2;
        }

        @Override
        public void writeSheet(Path png, Tensor above, Tensor below) {
            assertThat(above.size(0)).isEqualTo(below.size(0)).isEqualTo(2);
        }
    }
}
