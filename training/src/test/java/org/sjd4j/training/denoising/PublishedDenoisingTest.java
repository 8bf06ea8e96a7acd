package org.sjd4j.training.denoising;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.api.Families;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.api.TinyPublished;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.family.ModelParts;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.DenoisingFiles;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.training.loop.TrainingListener;
import org.sjd4j.training.loop.TrainingSettings;
import org.sjd4j.training.model.CutEncoder;
import org.sjd4j.training.model.TokenizedImages;

/** Adapters for tiny models of all published families: what they learn, and that they leave the models alone. */
final class PublishedDenoisingTest {
    private static final Sampling GUIDED = new Sampling(2, 1, 0, 1);
    private static final int RANK = 4;

    @TempDir
    private static Path shared;

    private static Path images = Path.of("");

    @TempDir
    private Path folder;

    @BeforeAll
    static void drawImages() throws IOException {
        LibTorch.setThreads(1);
        images = Files.createDirectories(shared.resolve("images"));
        var random = new SplittableRandom(4);
        var captions = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            var image = new BufferedImage(50 + random.nextInt(30), 40, BufferedImage.TYPE_INT_RGB);
            var graphics = image.createGraphics();
            boolean red = random.nextBoolean();
            graphics.setColor(red ? Color.RED : Color.BLUE);
            graphics.fillRect(random.nextInt(20), random.nextInt(10), 30, 25);
            graphics.dispose();
            ImageIO.write(image, "png", images.resolve(i + ".png").toFile());
            captions.append("{\"file\": \"%s.png\", \"caption\": \"%s box\"}%n".formatted(i, red ? "red" : "blue"));
        }
        Files.writeString(images.resolve("captions.jsonl"), captions);
    }

    private Path model(TinyPublished family) {
        return family.write(folder.resolve("model"));
    }

    private static TrainingSettings settings(long steps) {
        return new TrainingSettings(steps, 5, 0, 1e-2, 0.01, 0.95, 1, 7, 10, 1000, 1000);
    }

    /** Trains an adapter for the first of the model's sizes. */
    private static Map<String, Double> train(
            Path model, Path run, long steps, Precision precision, TrainingListener listener) {
        var description = Families.describe(model);
        var size = description.sizes().getFirst();
        var data = FolderDataSet.open(images, size.width());
        var options = new PublishedDenoisingRun.Options(RANK, 2, size, precision, null);
        return PublishedDenoisingRun.train(description, data, options, settings(steps), run, listener);
    }

    /** Remembers the validations. */
    private static final class Validations implements TrainingListener {
        private final List<Map<String, Double>> figures = new ArrayList<>();

        @Override
        public void updated(long step, long steps, double loss, double secondsPerStep) {
            assertThat(loss).isFinite();
        }

        @Override
        public void validated(long step, Map<String, Double> found) {
            figures.add(found);
        }

        private double loss(int validation, String name) {
            return figures.get(validation).getOrDefault(name, Double.NaN);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAdapterLearnsToReadNoiseAndLeavesTheModelAlone(TinyPublished family) {
        Path model = model(family);
        Path run = folder.resolve("run");
        var validations = new Validations();
        train(model, run, 1, Precision.FLOAT32, validations);
        train(model, run, 40, Precision.FLOAT32, validations);
        int last = validations.figures.size() - 1;
        for (String level : List.of("0.6", "1.0")) {
            String name = "loss_t" + level;
            assertThat(validations.loss(last, name)).as(name).isLessThan(validations.loss(0, name) - 0.3);
        }
        assertThat(validations.loss(last, "loss_clean")).isEqualTo(validations.loss(0, "loss_clean"));

        Path adapter = run.resolve(PublishedDenoisingRun.RESULT);
        try (var sampling =
                TextToImage.open(Families.describe(model, null, adapter), ComputeDevice.CPU, Precision.FLOAT32)) {
            for (int seed = 0; seed < 2; seed++) {
                var settings = DecoderSettings.DEFAULT.withWindow(12).withDenoisingSteps(3);
                var ar = sampling.generate(new Request("red box", seed, Decoders.AR, settings, GUIDED));
                var noisy = sampling.generate(new Request("red box", seed, Decoders.SJD2_EXACT, settings, GUIDED));
                assertThat(noisy.tokens()).as("seed %d", seed).isEqualTo(ar.tokens());
            }
        }
        cleanRowsAreThoseOfTheModelAlone(model, adapter);
    }

    /** What a pass gives for clean rows before noisy ones does not depend on what the adapter has learned. */
    private static void cleanRowsAreThoseOfTheModelAlone(Path directory, Path adapter) {
        var description = Families.describe(directory);
        var layout = description.layout(description.sizes().getFirst());
        var cpu = new Device("cpu");
        try (var model = PublishedDescription.loadParts(description, ComputeDevice.CPU, Precision.FLOAT32);
                var scope = new PointerScope()) {
            var network = model.network();
            var learned = DenoisingFiles.of(adapter).load(description.family(), network, cpu, Precision.FLOAT32);
            var untrained = new DenoisingNetwork.GatedAdapter<>(network, learned.config(), Precision.FLOAT32, 1, cpu)
                    .denoising();
            try (var plain = session(model, untrained, description, cpu);
                    var adapted = session(model, learned, description, cpu)) {
                int first = layout.firstImageId();
                var rows = new ArrayList<Row>(List.of(new Row.Start(), new Row.Token(first + 3)));
                int clean = rows.size();
                for (int i = 0; i < 3; i++) {
                    rows.add(new Row.Noisy(new float[learned.width()], 1f));
                }
                var expected = plain.step(0, rows);
                var found = adapted.step(0, rows);
                boolean different = false;
                for (int id = first; id < first + layout.codebookSize(); id++) {
                    for (int i = 0; i < clean; i++) {
                        assertThat(found[i].probability(id)).isEqualTo(expected[i].probability(id));
                    }
                    different |= found[clean].probability(id) != expected[clean].probability(id);
                }
                assertThat(different).as("noisy rows are read by the adapter").isTrue();
            }
        }
    }

    private static ImageSession session(
            ModelParts model, Denoising denoising, ModelDescription description, Device device) {
        var size = description.sizes().getFirst();
        return new ImageSession(
                model.network(),
                Proposals.of(denoising),
                description.layout(size),
                () -> model.conditional("red box", size),
                () -> model.unconditional("red box", size),
                GUIDED,
                device);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "BFLOAT16"})
    void anAdapterTrainedInTwoSessionsIsTheAdapterTrainedInOne(Precision precision) throws IOException {
        Path model = model(TinyPublished.EMU3);
        train(model, folder.resolve("once"), 20, precision, TrainingListener.SILENT);
        train(model, folder.resolve("twice"), 10, precision, TrainingListener.SILENT);
        train(model, folder.resolve("twice"), 20, precision, TrainingListener.SILENT);
        for (String file : List.of("parameters.safetensors", "optimizer.safetensors")) {
            String path = "checkpoints/step-00000020/" + file;
            assertThat(folder.resolve("once").resolve(path))
                    .hasSameBinaryContentAs(folder.resolve("twice").resolve(path));
        }
    }

    @ParameterizedTest
    @EnumSource
    void gradientsComputedBlockByBlockAreTheGradients(TinyPublished family) {
        var description = Families.describe(model(family));
        try (var model = PublishedDescription.loadParts(description, ComputeDevice.CPU, Precision.FLOAT32);
                var scope = new PointerScope()) {
            float[] whole = gradients(model, description, false);
            float[] blocks = gradients(model, description, true);
            double largest = 0;
            for (float value : whole) {
                largest = Math.max(largest, Math.abs(value));
            }
            assertThat(largest).isPositive();
            for (int i = 0; i < whole.length; i++) {
                assertThat(Math.abs(blocks[i] - whole[i])).as("gradient %d", i).isLessThan((float) (1e-5 * largest));
            }
        }
    }

    private static float[] gradients(ModelParts model, ModelDescription description, boolean layerByLayer) {
        var cpu = new Device("cpu");
        var size = description.sizes().getFirst();
        var layout = description.layout(size);
        var data = FolderDataSet.open(images, size.width());
        var encoder = new CutEncoder(data, model.imageTokenizer(), size, cpu);
        var tokens = new TokenizedImages(encoder.encode(data.examples()));
        var groups = new PublishedImages(tokens, model, size, layout, 3, 7, cpu);
        var noise = NoiseRange.measure(model.network().codeTable(), RANK, 7);
        var network = new DenoisingNetwork.GatedAdapter<>(model.network(), noise, Precision.FLOAT32, 7, cpu);
        torch.manual_seed(11);
        Tensors.inference(() -> {
            Tensor values = network.parameters().values();
            values.copy_(torch.randn_like(values).mul(new Scalar(0.1)));
        });
        var task = new DenoisingTraining<>(network, groups, layout, layerByLayer, 7, cpu);
        task.descend(1);
        return Tensors.floats(network.parameters().gradients());
    }
}
