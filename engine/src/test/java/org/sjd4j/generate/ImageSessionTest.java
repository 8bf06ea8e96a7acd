package org.sjd4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.Numeric;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.raster.LoadedRasterLlama;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Processor;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/** A pass over many rows must say what passes over single rows say, whatever the cache held before. */
@Numeric
class ImageSessionTest {
    private static final int LENGTH = TinyCheckpoint.model().length();
    private static final int[] PROMPT = {3, 5, 7, 8, 0, 0, 0, 2};
    private static final int[] NONE = {1, 0, 0, 0, 0, 0, 0, 2};
    private static final Sampling GUIDED = new Sampling(3, 1, 0, 1);

    @TempDir
    static Path directory;

    private static LoadedRasterLlama model;

    @BeforeAll
    static void load() {
        Path file = TinyCheckpoint.write(directory).resolve("model.safetensors");
        model = LoadedRasterLlama.load(
                file,
                TinyCheckpoint.model(),
                TinyCheckpoint.neighbour(directory),
                ComputeDevice.CPU,
                Precision.FLOAT32);
    }

    @AfterAll
    static void free() {
        model.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 7, 16})
    void windowsAgreeWithSingleRows(int window) {
        int[] image = image(4);
        try (var single = model.begin(PROMPT, NONE, GUIDED);
                var many = model.begin(PROMPT, NONE, GUIDED)) {
            for (int position = 0; position < LENGTH; position += window) {
                int count = Math.min(window, LENGTH - position);
                var together = many.step(position, rows(image, position, count));
                for (int i = 0; i < count; i++) {
                    var alone = single.step(position + i, rows(image, position + i, 1))[0];
                    assertClose(together[i], alone);
                }
            }
        }
    }

    /** Products of float16 weights are the same to the bit however many rows they have; all others are nearly so. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "FLOAT32"})
    void branchesSideBySideGiveWhatTheyGiveTogether(Precision precision) {
        Path file = directory.resolve("model.safetensors");
        LibTorch.setThreads(1);
        try (var loaded = LoadedRasterLlama.load(
                        file,
                        TinyCheckpoint.model(),
                        TinyCheckpoint.neighbour(directory),
                        ComputeDevice.CPU,
                        precision);
                var together = loaded.begin(PROMPT, NONE, GUIDED);
                var sideBySide = loaded.begin(PROMPT, NONE, GUIDED)) {
            for (long seed = 0; seed < 20; seed++) {
                var random = new Random(seed);
                int[] image = image(seed);
                for (int position = 0; position < LENGTH; ) {
                    int count = 1 + random.nextInt(LENGTH - position);
                    float[] expected = together.outputs(position, rows(image, position, count));
                    float[] found = sideBySide.outputsSideBySide(position, rows(image, position, count));
                    String at = "seed %s, %s rows from %s".formatted(seed, count, position);
                    if (precision == Precision.FLOAT16 && Processor.current().readsFloat16()) {
                        assertThat(found).as(at).isEqualTo(expected);
                    } else {
                        assertThat(found)
                                .as(at)
                                .usingComparatorWithPrecision(1e-4f)
                                .containsExactly(expected);
                    }
                    position += 1 + random.nextInt(count);
                }
            }
        }
    }

    @Test
    void rejectedDraftsLeaveNoTrace() {
        int[] image = image(5);
        int[] drafts = image(6);
        try (var clean = model.begin(PROMPT, NONE, GUIDED);
                var used = model.begin(PROMPT, NONE, GUIDED)) {
            used.step(0, rows(drafts, 0, LENGTH));
            for (int position = 0; position < LENGTH; position++) {
                var expected = clean.step(position, rows(image, position, 1))[0];
                assertClose(used.step(position, rows(image, position, 1))[0], expected);
            }
        }
    }

    @Test
    void guidanceChangesTheDistributions() {
        var rows = rows(image(7), 0, 7);
        try (var guided = model.begin(PROMPT, NONE, GUIDED);
                var conditional = model.begin(PROMPT, NONE, Sampling.PLAIN)) {
            assertThat(guided.step(0, rows)[0].totalVariation(conditional.step(0, rows)[0]))
                    .isGreaterThan(0.001);
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void allFormatsStayNearFloat32(Precision precision) {
        Path file = directory.resolve("model.safetensors");
        Tensors.inference(() -> {
            var weights = Weights.of("the tiny model", TensorFiles.read(file, ScalarType.Float, new Device("cpu")));
            var prompts = Tensors.of(PROMPT, 1, PROMPT.length).to(ScalarType.Long);
            var codes = Tensors.of(image(8), 1, LENGTH).to(ScalarType.Long).narrow(1, 0, LENGTH - 1);
            Tensor exact = logits(new RasterLlama(TinyCheckpoint.model(), weights), prompts, codes);
            Tensor rough = logits(new RasterLlama(TinyCheckpoint.model(), weights, precision), prompts, codes);
            double scale = exact.abs().max().item_double();
            assertThat(exact.sub(rough).abs().max().item_double() / scale).isLessThan(0.05);
        });
    }

    private static Tensor logits(RasterLlama model, Tensor prompts, Tensor codes) {
        Tensor rows = model.project(model.codeEmbeddings(codes));
        return model.imageLogits(prompts, rows, model.rotations(new Device("cpu")));
    }

    private static int[] image(long seed) {
        return new Random(seed).ints(LENGTH, 0, TinyCheckpoint.CODES).toArray();
    }

    private static List<Row> rows(int[] image, int position, int count) {
        var rows = new ArrayList<Row>();
        for (int i = position - 1; i < position + count - 1; i++) {
            rows.add(Row.before(i + 1, image));
        }
        return rows;
    }

    private static void assertClose(Distribution found, Distribution expected) {
        for (int id = 0; id < TinyCheckpoint.CODES; id++) {
            double other = expected.probability(id);
            assertThat(Math.log(found.probability(id))).isCloseTo(Math.log(other), within(1e-4));
        }
    }
}
