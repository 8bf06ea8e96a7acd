package org.sjd4j.training.denoising;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.api.Families;
import org.sjd4j.api.TinyPublished;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Layout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.model.AttentionSpan;
import org.sjd4j.training.model.CleanContext;
import org.sjd4j.training.model.ImageShape;

/** What a row sees in training is what it sees while an image is sampled. */
final class TwoReadingsTest {
    private static final int SEGMENT = 7;
    private static final long SEED = 21;

    @TempDir
    private Path folder;

    @BeforeAll
    static void oneThread() {
        LibTorch.setThreads(1);
    }

    @ParameterizedTest
    @EnumSource
    void noisyRowsOfTrainingAreThoseOfADecodingWindow(TinyPublished family) {
        var description = Families.describe(family.write(folder.resolve("model")));
        var size = description.sizes().getFirst();
        var layout = description.layout(size);
        var cpu = new Device("cpu");
        try (var model = PublishedDescription.loadParts(description, ComputeDevice.CPU, Precision.FLOAT32);
                var scope = new PointerScope()) {
            var network = adapter(model.network(), cpu);
            int[] tokens = layout.tokens(new SplittableRandom(SEED)
                    .ints((long) layout.lines() * layout.columns(), 0, layout.codebookSize())
                    .toArray());
            int read = tokens.length - 1;
            int width = Math.toIntExact(model.network().codeTable().size(1));
            var group = new ImageGroup<ImageTokenNetwork>(
                    Tensors.of(tokens, 1, tokens.length).to(ScalarType.Long), n -> model.conditional("red", size));
            var segments = pureNoise(read);
            torch.manual_seed(SEED);
            float[] noise = Tensors.floats(torch.randn(1, read, width));
            torch.manual_seed(SEED);
            Tensor logits = Tensors.ungraded(() -> {
                var readings = TwoReadings.of(network, group, new ImageShape(layout, cpu), cpu);
                Tensor hidden = readings.noisyRows(new TwoReadings.Noise(segments, 0, 0));
                return torch.softmax(model.network().logits(hidden), 2);
            });
            float[] trained = Tensors.floats(logits);
            try (var session = new ImageSession(
                    model.network(),
                    Proposals.of(network.denoising()),
                    layout,
                    () -> model.conditional("red", size),
                    () -> model.unconditional("red", size),
                    Sampling.PLAIN,
                    cpu)) {
                for (int start : Arrays.stream(segments.starts()).distinct().toArray()) {
                    compare(session, layout, tokens, start, noise, width, trained);
                }
            }
        }
    }

    /** The window of a segment, after all tokens before it were accepted. */
    private static void compare(
            ImageSession session,
            RasterLayout layout,
            int[] tokens,
            int start,
            float[] noise,
            int width,
            float[] trained) {
        var rows = new ArrayList<Row>();
        rows.add(new Row.Start());
        for (int i = 0; i < start; i++) {
            rows.add(new Row.Token(tokens[i]));
        }
        session.step(0, rows);
        int end = Math.min(start + SEGMENT, tokens.length - 1);
        List<Row> window = new ArrayList<>(rows.subList(rows.size() - 1, rows.size()));
        for (int j = start; j < end; j++) {
            window.add(
                    layout.forcedAt(j) == Layout.NONE
                            ? new Row.Noisy(Arrays.copyOfRange(noise, j * width, (j + 1) * width), 1f)
                            : new Row.Token(tokens[j]));
        }
        var found = session.step(start, window);
        int codes = layout.codebookSize();
        for (int j = start; j < end; j++) {
            if (layout.forcedAt(j + 1) == Layout.NONE) {
                for (int code = 0; code < codes; code++) {
                    assertThat(found[j - start + 1].probability(layout.firstImageId() + code))
                            .as("code %d after token %d", code, j)
                            .isCloseTo(trained[j * codes + code], within(1e-4));
                }
            }
        }
    }

    private static DenoisingNetwork<ImageTokenNetwork> adapter(ImageTokenNetwork network, Device device) {
        var config = new Denoising.Config(3, 0.1, 4);
        var adapter = new DenoisingNetwork.GatedAdapter<>(network, config, Precision.FLOAT32, 5, device);
        Tensors.inference(() -> {
            Tensor values = adapter.parameters().values();
            values.copy_(torch.randn_like(values).mul(new Scalar(0.1)));
        });
        return adapter;
    }

    private static NoiseSegments pureNoise(int read) {
        int[] starts = new int[read];
        float[][] levels = new float[1][read];
        for (int j = 0; j < read; j++) {
            starts[j] = j / SEGMENT * SEGMENT;
        }
        Arrays.fill(levels[0], 1f);
        return new NoiseSegments(starts, levels);
    }

    @Test
    void spansOfAttentionGiveWhatOneMaskGives() {
        int before = 5;
        var cpu = new Device("cpu");
        var random = new SplittableRandom(SEED);
        int rows = 3 * AttentionSpan.ROWS + 100;
        var segments = NoiseSegments.sample(random, 1, rows, 8, 700, 0.1, 4);
        try (var scope = new PointerScope()) {
            torch.manual_seed(SEED);
            Tensor q = torch.randn(1, 2, rows, 4);
            Tensor clean = torch.randn(1, 1, before + rows, 4);
            Tensor fresh = torch.randn(1, 1, rows, 4);
            var context = new CleanContext(before + rows, cpu);
            context.attend(0, torch.randn(1, 2, before + rows, 4), Tensors.cat(1, clean, clean));
            float[] found = Tensors.floats(
                    context.before(1, before, segments.starts()).attend(0, q, Tensors.cat(1, fresh, fresh)));
            for (int j : random.ints(40, 0, rows).toArray()) {
                int start = segments.starts()[j];
                Tensor seen = Tensors.cat(2, clean.narrow(2, 0, before + start), fresh.narrow(2, start, j - start + 1));
                Tensor weights = torch.softmax(
                        q.narrow(2, j, 1).matmul(seen.transpose(2, 3)).mul(new Scalar(0.5)), -1);
                float[] expected = Tensors.floats(weights.matmul(seen));
                for (int head = 0; head < 2; head++) {
                    for (int c = 0; c < 4; c++) {
                        assertThat(found[(head * rows + j) * 4 + c])
                                .as("row %d, segment from %d", j, start)
                                .isCloseTo(expected[head * 4 + c], within(1e-5f));
                    }
                }
            }
        }
    }

    /** Isotropic codes turn where theory says; codes that differ in a few channels only turn far earlier. */
    @Test
    void theRangeOfNoiseDependsOnHowTheCodesSpread() {
        try (var scope = new PointerScope()) {
            torch.manual_seed(SEED);
            Tensor isotropic = torch.randn(1024, 256);
            Tensor flat = torch.randn(1024, 4).matmul(torch.randn(4, 256));
            double theory = 0.5 * Math.sqrt(256 / Math.log(1024));
            var wide = NoiseRange.measure(isotropic, 2, 1);
            assertThat(wide.rMax() / 8).isBetween(theory / 1.5, theory * 1.5);
            assertThat(NoiseRange.measure(flat, 2, 1).rMax()).isLessThan(wide.rMax() / 1.5);
        }
    }
}
