package org.sjd4j.training.denoising;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.training.loop.RunDirectory;
import org.sjd4j.training.loop.Trainer;
import org.sjd4j.training.loop.TrainerTest;
import org.sjd4j.training.loop.TrainingListener;
import org.sjd4j.training.loop.TrainingSettings;
import org.sjd4j.training.loop.TrainingTask;
import org.sjd4j.training.model.ModelTraining;

/** The gated adapter: what it learns, and that it leaves the model's own distribution alone. */
final class DenoisingTrainingTest {
    private static final RasterLlama.Config MODEL =
            new RasterLlama.Config(new LlamaConfig(32, 2, 2, 48, 1e-5, 10000), 12, 4, 4, 16, 4);
    private static final Denoising.Config NOISE = new Denoising.Config(4, 0.1, 5);
    private static final Device CPU = cpu();
    private static final int[] PROMPT = {3, 4, RasterLlama.PAD, RasterLlama.START};
    private static final int[] NONE = {RasterLlama.NULL_PROMPT, RasterLlama.PAD, RasterLlama.PAD, RasterLlama.START};

    @TempDir
    private Path folder;

    private static Device cpu() {
        LibTorch.load();
        return new Device("cpu");
    }

    @BeforeAll
    static void oneThread() {
        LibTorch.setThreads(1);
    }

    @Test
    void theAdapterLearnsToReadNoise() {
        var base = trainedModel();
        var losses = new ArrayList<Double>();
        var task = adapterTask(base);
        var before = Tensors.inference(task::validate);
        train(task, 80, (step, steps, loss, seconds) -> losses.add(loss));
        var after = Tensors.inference(task::validate);

        assertThat(after.get("loss_t1.0")).isLessThan(before.getOrDefault("loss_t1.0", Double.NaN) - 0.05);
        assertThat(losses).allMatch(Double::isFinite);
    }

    @Test
    void cleanRowsAreExactlyThoseOfTheModelAlone() {
        var base = trainedModel();
        var model = model(base);
        var task = adapterTask(base);
        train(task, 30, TrainingListener.SILENT);
        var denoising = new Denoising(
                NOISE, MODEL.llama(), MODEL.codeWidth(), task.parameters().weights());
        try (var plain = model.begin(Proposals.NONE, PROMPT, NONE, new Sampling(2, 1, 0, 1), CPU);
                var adapted = model.begin(Proposals.of(denoising), PROMPT, NONE, new Sampling(2, 1, 0, 1), CPU)) {
            List<Row> clean = List.of(new Row.Start(), new Row.Token(3), new Row.Token(5));
            var mixed = new ArrayList<>(clean);
            mixed.add(new Row.Noisy(new float[] {1, -1, 0.5f, 2}, 1f));
            mixed.add(new Row.Noisy(new float[] {0, 1, -0.5f, 1}, 0.5f));
            List<Row> same = new ArrayList<>(clean);
            same.add(new Row.Token(2));
            same.add(new Row.Token(2));
            var expected = plain.step(0, same);
            var found = adapted.step(0, mixed);
            for (int i = 0; i < clean.size(); i++) {
                for (int id = 0; id < MODEL.codes(); id++) {
                    assertThat(found[i].probability(id)).isEqualTo(expected[i].probability(id));
                }
            }
            assertThat(found[4].probability(1)).isNotEqualTo(expected[4].probability(1));
        }
    }

    @Test
    void denoisingDecodersSampleTheImagesOfTheModelAlone() {
        var base = trainedModel();
        var model = model(base);
        var task = adapterTask(base);
        train(task, 30, TrainingListener.SILENT);
        var denoising = new Denoising(
                NOISE, MODEL.llama(), MODEL.codeWidth(), task.parameters().weights());
        var images = new ArrayList<int[]>();
        for (long seed = 0; seed < 10; seed++) {
            int[] expected = decode(model, null, "ar", DecoderSettings.DEFAULT, seed);
            images.add(expected);
            for (int window : new int[] {2, 5, 16}) {
                var settings = DecoderSettings.DEFAULT.withWindow(window);
                assertThat(decode(model, denoising, "sjd2-exact", settings, seed))
                        .as("seed %d, window %d", seed, window)
                        .isEqualTo(expected);
            }
        }
        assertThat(images.stream().map(java.util.Arrays::toString).distinct()).hasSizeGreaterThan(8);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "BFLOAT16"})
    void fullFineTuningLearnsToReadNoiseAndGoesOnReadingCleanRows(Precision precision) {
        var base = trainedModel();
        var config = new Denoising.Config(0, NOISE.rMin(), NOISE.rMax());
        var network = new DenoisingNetwork.FineTuned(MODEL, base, config, precision, 7, CPU);
        var task = task(network);
        Tensor table = model(base).codeTable().clone();
        var before = Tensors.inference(task::validate);
        train(task, 80, TrainingListener.SILENT);
        var after = Tensors.inference(task::validate);

        assertThat(after.get("loss_t1.0")).isLessThan(before.getOrDefault("loss_t1.0", Double.NaN) - 0.05);
        assertThat(after.get("loss_clean")).isLessThan(before.getOrDefault("loss_clean", Double.NaN) + 0.05);
        assertThat(network.model().codeTable().equal(table)).isTrue();
    }

    @Test
    void windowsSeeWhatSingleRowsSee() {
        var model = model(trainedModel());
        var random = new SplittableRandom(5);
        int[] codes = random.ints(MODEL.length(), 0, MODEL.codes()).toArray();
        try (var single = model.begin(Proposals.NONE, PROMPT, NONE, Sampling.PLAIN, CPU);
                var window = model.begin(Proposals.NONE, PROMPT, NONE, Sampling.PLAIN, CPU)) {
            var rows = new ArrayList<Row>();
            rows.add(new Row.Start());
            for (int i = 0; i + 1 < codes.length; i++) {
                rows.add(new Row.Token(codes[i]));
            }
            window.step(0, rows.subList(0, 9)); // what was fed before and rejected must not matter
            var together = window.step(0, rows);
            for (int i = 0; i < codes.length; i++) {
                var alone = single.step(i, List.of(rows.get(i)))[0];
                for (int id = 0; id < MODEL.codes(); id++) {
                    assertThat(Math.log(together[i].probability(id)))
                            .isCloseTo(Math.log(alone.probability(id)), org.assertj.core.api.Assertions.within(1e-4));
                }
            }
        }
    }

    @Test
    void trainingSeesTheLogitsThatDecodingSees() {
        var model = model(trainedModel());
        var batch = new TrainerTest.RandomTokens(9).training(1);
        try (var scope = new PointerScope()) {
            int[] prompt = Tensors.ints(batch.prompts().narrow(0, 0, 1));
            int[] codes = Tensors.ints(batch.codes().narrow(0, 0, 1));
            var read = batch.codes().narrow(0, 0, 1).narrow(1, 0, MODEL.length() - 1L);
            var logits = Tensors.ungraded(() -> model.imageLogits(
                    batch.prompts().narrow(0, 0, 1), model.project(model.codeEmbeddings(read)), model.rotations(CPU)));
            float[] expected = Tensors.floats(torch.softmax(logits, 2));
            try (var session = model.begin(Proposals.NONE, prompt, NONE, Sampling.PLAIN, CPU)) {
                var rows = new ArrayList<Row>();
                rows.add(new Row.Start());
                for (int i = 0; i + 1 < codes.length; i++) {
                    rows.add(new Row.Token(codes[i]));
                }
                var found = session.step(0, rows);
                for (int i = 0; i < found.length; i++) {
                    for (int id = 0; id < MODEL.codes(); id++) {
                        assertThat(found[i].probability(id))
                                .isCloseTo(
                                        expected[i * MODEL.codes() + id], org.assertj.core.api.Assertions.within(1e-4));
                    }
                }
            }
        }
    }

    private static int[] decode(
            RasterLlama model, @Nullable Denoising denoising, String decoder, DecoderSettings settings, long seed) {
        try (var session = model.begin(Proposals.of(denoising), PROMPT, NONE, new Sampling(2, 1, 0, 1), CPU)) {
            return Decoders.named(decoder)
                    .decode(session, settings, seed, StepObserver.NONE)
                    .tokens();
        }
    }

    private Map<String, Tensor> trainedModel() {
        var task = new ModelTraining(MODEL, new TrainerTest.RandomTokens(7), Precision.FLOAT32, 7, CPU, (m, png) -> {});
        train(task, 30, TrainingListener.SILENT);
        return task.parameters().byName();
    }

    private static RasterLlama model(Map<String, Tensor> weights) {
        return Tensors.ungraded(() -> new RasterLlama(MODEL, Weights.of("the trained model", weights)));
    }

    private static DenoisingTraining<RasterLlama> adapterTask(Map<String, Tensor> weights) {
        return task(new DenoisingNetwork.GatedAdapter<>(model(weights), NOISE, Precision.FLOAT32, 7, CPU));
    }

    private static DenoisingTraining<RasterLlama> task(DenoisingNetwork<RasterLlama> network) {
        var images = new BundledImages(new TrainerTest.RandomTokens(7));
        return new DenoisingTraining<>(network, images, MODEL.layout(), false, 7, CPU);
    }

    private void train(TrainingTask task, long steps, TrainingListener listener) {
        var settings = new TrainingSettings(steps, 5, 0, 5e-3, 0.01, 0.95, 1, 7, 1000, 1000, 1000);
        try (var run = RunDirectory.open(folder.resolve(Long.toString(System.nanoTime())), Map.of())) {
            Trainer.train(task, settings, run, listener);
        }
    }
}
