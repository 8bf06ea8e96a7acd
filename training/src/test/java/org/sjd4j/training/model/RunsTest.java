package org.sjd4j.training.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.api.Families;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.decode.Decoders;
import org.sjd4j.family.ImageSize;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.metrics.TextImageMetric;
import org.sjd4j.metrics.scorer.Scorer;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.training.denoising.DenoisingRun;
import org.sjd4j.training.loop.TrainingException;
import org.sjd4j.training.loop.TrainingListener;
import org.sjd4j.training.loop.TrainingSettings;
import org.sjd4j.training.scorer.ScorerRun;
import org.sjd4j.training.tokenizer.TokenizerRun;
import org.sjd4j.vision.PatchTokenizer;
import org.sjd4j.vision.Pixels;

/** From a folder of images to a model that draws with every kind of decoder, in seconds and at toy size. */
class RunsTest {
    private static final TokenizerRun.Options VISION = new TokenizerRun.Options(
            new PatchTokenizer.Config(16, 4, 8, 4, 8, List.of(8, 8), List.of(1, 1)), 4, 1, 1, 2);
    private static final ModelRun.Options MODEL = new ModelRun.Options(
            new LlamaConfig(32, 2, 2, 48, 1e-5, 10000), 6, 16, 4, Precision.FLOAT32, 1, 1, List.of("red box"));

    @TempDir
    private static Path shared;

    private static Path images = Path.of("");

    @BeforeAll
    static void trainTokenizerAndModel() throws IOException {
        LibTorch.setThreads(1);
        images = Files.createDirectories(shared.resolve("images"));
        var captions = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            var image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
            var graphics = image.createGraphics();
            graphics.setColor(i % 2 == 0 ? Color.RED : Color.BLUE);
            graphics.fillRect(i % 5, i % 3, 8, 8);
            graphics.dispose();
            ImageIO.write(image, "png", images.resolve(i + ".png").toFile());
            captions.append(
                    "{\"file\": \"%s.png\", \"caption\": \"%s box\"}%n".formatted(i, i % 2 == 0 ? "red" : "blue"));
        }
        Files.writeString(images.resolve("captions.jsonl"), captions);
        TokenizerRun.train(data(), null, VISION, settings(3), shared.resolve("vision"), TrainingListener.SILENT);
        train(data(), shared.resolve("run"), 4);
    }

    private static FolderDataSet data() {
        return FolderDataSet.open(images, 16);
    }

    private static TrainingSettings settings(long steps) {
        return new TrainingSettings(steps, 1, 0, 1e-3, 0.01, 0.95, 1, 1, 2, 2, 2);
    }

    private static Path train(FolderDataSet data, Path run, long steps) {
        Path tokenizer = shared.resolve("vision").resolve(TokenizerRun.RESULT);
        ModelRun.train(data, tokenizer, null, MODEL, settings(steps), run, TrainingListener.SILENT);
        return run.resolve(ModelRun.RESULT);
    }

    @ParameterizedTest
    @EnumSource(DenoisingRun.Mode.class)
    void aTrainedModelDrawsTheSameImageWithEveryExactDecoder(DenoisingRun.Mode mode) {
        Path run = shared.resolve(mode.toString());
        var options = new DenoisingRun.Options(mode, 2, 16, Precision.FLOAT32);
        Path tokens = shared.resolve("run/tokens");
        Path base = shared.resolve("run").resolve(ModelRun.RESULT);
        for (int steps : new int[] {2, 4}) {
            DenoisingRun.train(base, tokens, options, settings(steps), run, TrainingListener.SILENT);
        }
        int[] before = draw(base, "ar");
        int[] expected = draw(run.resolve(DenoisingRun.RESULT), "ar");
        assertThat(draw(run.resolve(DenoisingRun.RESULT), "sjd2-exact")).isEqualTo(expected);
        if (mode == DenoisingRun.Mode.ADAPTER) {
            assertThat(expected).as("an adapter leaves the model alone").isEqualTo(before);
        }
    }

    /** So a model that was trained on the codes draws with the better decoder. */
    @Test
    void aDecoderLearnsOnWhileCodesStay() {
        Path first = shared.resolve("vision").resolve(TokenizerRun.RESULT);
        Path run = shared.resolve("decoder");
        for (int steps : new int[] {10, 40}) {
            TokenizerRun.train(data(), first, VISION, settings(steps), run, TrainingListener.SILENT);
        }
        Path second = run.resolve(TokenizerRun.RESULT);
        Tensor pixels = Pixels.image(readPng(images.resolve("0.png")));
        var before = tokenizer(first);
        var after = tokenizer(second);
        int[] codes = Tensors.ints(before.encode(pixels));
        assertThat(Tensors.ints(after.encode(pixels))).isEqualTo(codes);
        assertThat(error(after, pixels)).isLessThan(0.8 * error(before, pixels));
    }

    private static PatchTokenizer tokenizer(Path directory) {
        Path file = directory.resolve("model.safetensors");
        return new PatchTokenizer(
                PatchTokenizer.Config.from(JsonConfig.read(directory.resolve("config.json"))),
                Weights.of(file.toString(), TensorFiles.read(file)));
    }

    private static double error(PatchTokenizer tokenizer, Tensor pixels) {
        return Tensors.inference(
                () -> torch.mse_loss(tokenizer.decode(tokenizer.lookup(tokenizer.encode(pixels))), pixels)
                        .item_double());
    }

    private static BufferedImage readPng(Path file) {
        try {
            return ImageIO.read(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The image tokenizer is local and places are stretched, so that a model learns on from one of smaller images. */
    @Test
    void aModelOfLargerImagesBeginsWithOneOfSmaller() {
        var large = MODEL.with(32, 4, 0, 1, Precision.FLOAT32);
        Path small = shared.resolve("run").resolve(ModelRun.RESULT);
        Path run = shared.resolve("large");
        ModelRun.train(
                FolderDataSet.open(images, 32),
                small.resolve(TokenizerRun.RESULT),
                small,
                large,
                settings(2),
                run,
                TrainingListener.SILENT);
        Path result = run.resolve(ModelRun.RESULT);
        assertThat(Families.describe(result).sizes()).containsExactly(new ImageSize(32, 32));
        assertThat(draw(result, "sjd-exact")).hasSize(64).isEqualTo(draw(result, "ar"));
    }

    /** Two captions, two colours: after a few steps each image is closest to its own. */
    @Test
    void aScorerTellsImagesApart() throws IOException {
        Path run = shared.resolve("scorer");
        var options = new ScorerRun.Options(List.of(8, 16), 1, 8, 8, 0, 2);
        for (int steps : new int[] {20, 40}) {
            var settings = new TrainingSettings(steps, 1, 0, 1e-2, 0.01, 0.95, 1, 1, 20, 20, 20);
            ScorerRun.train(data(), options, settings, run, TrainingListener.SILENT);
        }
        Path result = run.resolve(ScorerRun.RESULT);
        assertThat(Scorer.recognises(result)).isTrue();
        assertThat(Scorer.recognises(shared.resolve("run").resolve(ModelRun.RESULT)))
                .isFalse();
        try (var scorer = Scorer.open(result)) {
            var red = scorer.image(ImageIO.read(images.resolve("0.png").toFile()));
            var blue = scorer.image(ImageIO.read(images.resolve("1.png").toFile()));
            float own = TextImageMetric.cosine(red, scorer.text("red box"))
                    + TextImageMetric.cosine(blue, scorer.text("blue box"));
            float other = TextImageMetric.cosine(red, scorer.text("blue box"))
                    + TextImageMetric.cosine(blue, scorer.text("red box"));
            assertThat(own).isGreaterThan(other + 0.5f);
            assertThat(scorer.reference(result).count()).hasValue(30);
            assertThat(scorer.features(ImageIO.read(images.resolve("0.png").toFile())))
                    .hasSize(16);
        }
        Files.writeString(
                result.resolve("tokenizer.json"), Files.readString(shared.resolve("run/model/tokenizer.json")));
        assertThatThrownBy(() -> Scorer.open(result))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("the network's");
    }

    private static int[] draw(Path model, String decoder) {
        try (var drawing = TextToImage.open(model, "cpu")) {
            var defaults = drawing.defaults();
            var request = new Request("red box", 3, Decoders.named(decoder), defaults.settings(), defaults.sampling());
            return drawing.generate(request).tokens();
        }
    }

    @Test
    void aRunOfOtherImagesIsNotContinued() throws IOException {
        Path others = Files.createDirectories(shared.resolve("others"));
        try (var files = Files.list(images)) {
            for (Path file : files.toList()) {
                Files.copy(file, others.resolve(file.getFileName()));
            }
        }
        Path captions = others.resolve("captions.jsonl");
        Files.writeString(captions, Files.readString(captions).replace("blue", "green"));
        assertThatThrownBy(() -> train(FolderDataSet.open(others, 16), shared.resolve("run"), 6))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("another configuration (data: ");
    }

    @Test
    void anAdapterOfAnotherModelIsNotContinued() {
        Path tokens = shared.resolve("run/tokens");
        var options = new DenoisingRun.Options(DenoisingRun.Mode.ADAPTER, 2, 16, Precision.FLOAT32);
        Path run = shared.resolve("adapter of two");
        DenoisingRun.train(
                shared.resolve("run").resolve(ModelRun.RESULT),
                tokens,
                options,
                settings(1),
                run,
                TrainingListener.SILENT);
        Path other = train(data(), shared.resolve("other run"), 2);
        assertThatThrownBy(() -> DenoisingRun.train(other, tokens, options, settings(2), run, TrainingListener.SILENT))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("weights: ");
    }
}
