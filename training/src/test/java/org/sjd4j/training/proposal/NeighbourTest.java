package org.sjd4j.training.proposal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.api.Families;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.api.TinyPublished;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.proposal.NeighbourHead;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.training.loop.TrainingException;
import org.sjd4j.training.loop.TrainingListener;
import org.sjd4j.training.loop.TrainingSettings;

/** Neighbour heads: that they learn what there is to learn, and that models of all families can have one. */
class NeighbourTest {
    private static final NeighbourHead.Config SIZES = new NeighbourHead.Config(12, 6);

    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    @BeforeAll
    static void drawImages() throws IOException {
        LibTorch.load();
        LibTorch.setThreads(1);
        var captions = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            var image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
            ImageIO.write(image, "png", shared.resolve(i + ".png").toFile());
            captions.append(
                    "{\"file\": \"%s.png\", \"caption\": \"%s apple\"}%n".formatted(i, i % 2 == 0 ? "red" : "green"));
        }
        Files.writeString(shared.resolve("captions.jsonl"), captions);
    }

    private static TrainingSettings settings(long steps) {
        return new TrainingSettings(steps, 5, 0, 1e-2, 0.01, 0.95, 1, 7, 10, 1000, 1000);
    }

    /** The next row of this data follows from the token that stands on the left now: one of eight rows that the head never sees. */
    @Test
    void aHeadLearnsWhatTheLeftTokenSays() {
        var description = Families.describe(TinyCheckpoint.write(folder));
        try (var model = description.load(ComputeDevice.CPU, Precision.FLOAT32);
                var scope = new PointerScope()) {
            RasterLayout layout = description.layout(description.sizes().getFirst());
            var task = new NeighbourTraining(
                    model.network(),
                    SIZES,
                    rows(layout, 2000, 1),
                    rows(layout, 500, 2),
                    layout,
                    new Sampling(2, 1, 0, 1),
                    256,
                    7,
                    new Device("cpu"));
            var before = Tensors.inference(task::validate);
            assertThat(before.get("agree")).isEqualTo(before.get("agree_as_read"));
            assertThat(before.get("loss")).isEqualTo(before.get("loss_as_read"));
            Tensor gradients = task.parameters().gradients();
            for (int step = 1; step <= 600; step++) {
                int now = step;
                Tensors.scope(() -> {
                    gradients.zero_();
                    task.descend(now);
                    try (var guard = new org.bytedeco.pytorch.NoGradGuard()) {
                        Tensor values = task.parameters().values();
                        values.sub_(gradients.sign().mul(new Scalar(2e-3)));
                    }
                });
            }
            var after = Tensors.inference(task::validate);
            assertThat(after.get("agree_as_read")).isEqualTo(before.get("agree_as_read"));
            assertThat(after.get("agree")).isGreaterThan(0.8);
            assertThat(after.get("agree_as_read")).isLessThan(0.3);
            assertThat(after.get("loss")).isLessThan(1);
            assertThat(after.get("loss_as_read")).isGreaterThan(2);
        }
    }

    private static NeighbourRows rows(RasterLayout layout, int count, long seed) {
        var random = new Random(seed);
        torch.manual_seed(seed);
        int ids = layout.codebookSize();
        int[] read = random.ints(count, 0, ids + 1).toArray();
        int[] above = random.ints(count, 0, ids + 1).toArray();
        int[] left = random.ints(count, 0, ids).toArray();
        int hidden = TinyCheckpoint.model().llama().hidden();
        torch.manual_seed(5); // the same eight rows for all data
        Tensor eight = torch.randn(8, hidden).mul(new Scalar(4));
        torch.manual_seed(seed);
        Tensor next = eight.index_select(
                        0, Tensors.of(IntStream.of(left).map(id -> id % 8).toArray(), count))
                .to(ScalarType.Half);
        return new NeighbourRows(
                torch.randn(count, hidden).to(ScalarType.Half),
                torch.randn(count, hidden).to(ScalarType.Half),
                next,
                next,
                vector(read),
                vector(left),
                vector(above),
                vector(IntStream.range(0, count)
                        .map(i -> 1 + i % (layout.length() - 1))
                        .toArray()),
                Tensors.of(random.longs(count).toArray(), count));
    }

    private static Tensor vector(int[] values) {
        return Tensors.of(values, values.length).to(ScalarType.Int);
    }

    private static void train(Path model, Path run, long steps, TrainingListener listener) {
        var description = Families.describe(model);
        var options = options(description, description.sizes().getFirst());
        NeighbourRun.train(description, FolderDataSet.open(shared, 16), options, settings(steps), run, listener);
    }

    private static NeighbourRun.Options options(ModelDescription description, ImageSize size) {
        return new NeighbourRun.Options(SIZES, 5, 64, size, description.defaultPrecision(ComputeDevice.CPU));
    }

    /** Also an odd number of updates, in two runs. */
    @Test
    void aStoppedRunGoesOnAndGivesTheSameHead() throws IOException {
        Path model = TinyCheckpoint.write(folder.resolve("model"));
        train(model, folder.resolve("once"), 13, TrainingListener.SILENT);
        TrainingListener impatient = new TrainingListener() {
            private int asked;

            @Override
            public void updated(long step, long steps, double loss, double secondsPerStep) {
                assertThat(loss).isFinite();
            }

            @Override
            public boolean stopRequested() {
                return ++asked % 3 == 0;
            }
        };
        int runs = 0;
        while (!Files.exists(folder.resolve("pieces/model"))) {
            try {
                train(model, folder.resolve("pieces"), 13, impatient);
            } catch (TrainingException e) {
                assertThat(e).hasMessageContaining("stopped");
            }
            assertThat(++runs).isLessThan(30);
        }
        assertThat(runs).isGreaterThan(2);
        for (String file : new String[] {"neighbour.safetensors", "neighbour_config.json"}) {
            assertThat(folder.resolve("pieces/model").resolve(file))
                    .hasSameBinaryContentAs(folder.resolve("once/model").resolve(file));
        }
        generate(folder.resolve("once/model"), null);
    }

    @ParameterizedTest
    @EnumSource
    void everyFamilyCanHaveAHead(TinyPublished family) {
        Path model = family.write(folder.resolve("model"));
        train(model, folder.resolve("run"), 6, TrainingListener.SILENT);
        assertThat(folder.resolve("run/model")).isDirectoryNotContaining("glob:**model.safetensors");
        generate(model, folder.resolve("run/model"));
    }

    private static void generate(Path model, @Nullable Path adapter) {
        var description = Families.describe(model, null, adapter);
        assertThat(description.supports(Decoders.SJD_NEIGHBOUR_EXACT, DecoderSettings.DEFAULT))
                .isTrue();
        try (var loaded =
                TextToImage.open(description, ComputeDevice.CPU, description.defaultPrecision(ComputeDevice.CPU))) {
            var settings = DecoderSettings.DEFAULT.withWindow(8);
            var sampling = new Sampling(2, 1, 0, 1);
            var ar = loaded.generate(new Request("red apple", 4, Decoders.AR, settings, sampling));
            var found = loaded.generate(new Request("red apple", 4, Decoders.SJD_NEIGHBOUR_EXACT, settings, sampling));
            assertThat(found.tokens()).isEqualTo(ar.tokens());
        }
    }

    @Test
    void refusesSizesThatTheModelDoesNotMake() {
        var description = Families.describe(TinyCheckpoint.write(folder.resolve("model")));
        assertThatThrownBy(() -> NeighbourRun.train(
                        description,
                        FolderDataSet.open(shared, 16),
                        options(description, new ImageSize(64, 32)),
                        settings(1),
                        folder.resolve("run"),
                        TrainingListener.SILENT))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("64x32");
    }
}
