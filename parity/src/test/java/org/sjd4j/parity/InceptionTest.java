package org.sjd4j.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.metrics.inception.Inception;
import org.sjd4j.metrics.inception.InceptionBlock;
import org.sjd4j.metrics.inception.TinyInception;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.DType;

class InceptionTest {
    private static final long SEED = 20_251_201;
    private static final String KERNEL = "Mixed_6b.branch7x7_2.conv.weight";

    @TempDir
    private Path directory;

    @Test
    void givesTheOfficialNumbers() {
        var report = MetricParity.of(TinyInception.folder());
        assertThat(report.unread()).isEmpty();
        assertThat(report.checks())
                .hasSizeGreaterThan(100)
                .allSatisfy(
                        check -> assertThat(check.passed()).as(check.toString()).isTrue());
    }

    /** Also shows that a directory is recognised by its weights if it has no configuration. */
    @Test
    void aWrongWeightFailsParity() throws IOException {
        var tensors = TinyInception.tensors();
        float[] values = TinyInception.get(tensors, KERNEL).floats();
        values[0] += 1;
        tensors.put(
                KERNEL,
                TinyInception.Tensor.of(
                        values, TinyInception.get(tensors, KERNEL).shape()));
        TinyInception.write(directory, tensors);
        TinyInception.copyGoldens(directory);
        assertThat(MetricParity.of(directory).checks())
                .filteredOn(check -> !check.passed())
                .extracting(Check::name)
                .contains("block.Mixed_6b.output", "image.0.features.768", "e2e.dims2048.fid from images")
                .doesNotContain("image.0.features.192", "block.Mixed_6c.output", "plain.fid");
    }

    @Test
    void otherDirectoriesAreNotRecognised() throws IOException {
        assertThat(MetricParity.knows(directory)).isFalse();
        assertThat(MetricParity.knows(directory.resolve("none"))).isFalse();
        assertThat(MetricParity.knows(Fixtures.folder().resolve("tiny-t5-encoder")))
                .isFalse();
        Files.writeString(directory.resolve("config.json"), "{");
        Files.writeString(directory.resolve("model.safetensors"), "?");
        assertThat(MetricParity.knows(directory)).isFalse();
    }

    @Test
    void thePublishedFormatGivesTheSameNetwork() throws IOException {
        Path saved = TinyInception.folder().resolve("pt_inception_tiny.pth");
        Files.copy(saved, directory.resolve("pt_inception-2015.pth"));
        BufferedImage image = image(40, 30, new SplittableRandom(SEED));
        try (var expected = Inception.open(TinyInception.folder());
                var file = Inception.open(saved);
                var folder = Inception.open(directory)) {
            assertThat(file.name()).isEqualTo(expected.name()).startsWith("inception-v3/2048@");
            assertThat(folder.name()).isEqualTo(expected.name());
            assertThat(file.features(image)).isEqualTo(expected.features(image));
        }
    }

    @ParameterizedTest
    @EnumSource
    void numbersOfChannelsAreThoseOfTheTensors(InceptionBlock block) throws IOException {
        Path half = Files.createDirectory(directory.resolve("half"));
        Path single = Files.createDirectory(directory.resolve("single"));
        TinyInception.write(half, TinyInception.wider(2, DType.BF16, SEED));
        TinyInception.write(single, TinyInception.wider(2, DType.F32, SEED));
        BufferedImage image = image(30, 40, new SplittableRandom(SEED));
        try (var ours = Inception.open(half, block);
                var expected = Inception.open(single, block)) {
            assertThat(ours.dimensions()).isEqualTo(block.published() / 8);
            assertThat(ours.features(image)).hasSize(ours.dimensions()).isEqualTo(expected.features(image));
            assertThat(ours.name()).isEqualTo(expected.name());
        }
    }

    @Test
    void aBatchGivesWhatItsImagesGiveAndKeepsNothing() {
        var random = new SplittableRandom(SEED);
        List<BufferedImage> images = IntStream.range(0, 10)
                .mapToObj(i -> image(20 + i, 30 - i, random))
                .toList();
        try (var network = Inception.open(TinyInception.folder())) {
            List<float[]> together = network.features(images);
            long held = Pointer.totalCount();
            for (int i = 0; i < images.size(); i++) {
                float[] alone = network.features(images.get(i));
                for (int k = 0; k < alone.length; k++) {
                    assertThat(together.get(i)[k])
                            .as("image %d of seed %d", i, SEED)
                            .isCloseTo(alone[k], within(1e-4f * Math.max(1, Math.abs(alone[k]))));
                }
            }
            assertThat(Pointer.totalCount()).isEqualTo(held);
            assertThat(network.features(List.of())).isEmpty();
        }
    }

    /** Java takes gray images for linear light; here their levels count, as in PIL. */
    @Test
    void grayImagesCountWithTheirLevels() {
        var gray = new BufferedImage(20, 20, BufferedImage.TYPE_BYTE_GRAY);
        var colour = new BufferedImage(20, 20, BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < 400; i++) {
            int level = i % 256;
            gray.getRaster().setSample(i % 20, i / 20, 0, level);
            colour.setRGB(i % 20, i / 20, new Color(level, level, level, i % 100).getRGB());
        }
        try (var network = Inception.open(TinyInception.folder())) {
            assertThat(network.features(gray)).isEqualTo(network.features(colour));
        }
    }

    @Test
    void tensorsThatDoNotFitAreNamed() {
        var tensors = TinyInception.tensors();
        var kernel = TinyInception.get(tensors, KERNEL);
        tensors.remove(KERNEL);
        refused("no tensor '" + KERNEL + "'", TinyInception.write(directory, tensors));
        tensors.put(KERNEL, new TinyInception.Tensor(DType.F32, new long[] {8, 8, 7, 1}, kernel.data()));
        refused("tensor '" + KERNEL + "' of shape [8, 8, 7, 1]", TinyInception.write(directory, tensors));
        tensors.put(KERNEL, kernel);
        tensors.put("AuxLogits.fc.bias", TinyInception.Tensor.of(new float[2], 2));
        refused("1 tensor(s) that nothing reads: AuxLogits.fc.bias", TinyInception.write(directory, tensors));
        tensors.remove("AuxLogits.fc.bias");
        tensors.put("Mixed_7c.branch1x1.bn.bias", TinyInception.Tensor.of(new float[] {1}, 1));
        refused("'Mixed_7c.branch1x1.bn.bias' of shape [1]", TinyInception.write(directory, tensors));
    }

    @Test
    void weightsThatAreNoNumbersAreRefused() {
        var tensors = TinyInception.tensors();
        String variance = "Conv2d_3b_1x1.bn.running_var";
        float[] values = TinyInception.get(tensors, variance).floats();
        values[1] = -1;
        tensors.put(variance, TinyInception.Tensor.of(values, values.length));
        refused("'Conv2d_3b_1x1.conv.weight'", TinyInception.write(directory, tensors));
    }

    @Test
    void otherFilesAreRefusedInOneLine() throws IOException {
        refused("no tensor of InceptionV3", Fixtures.folder().resolve("tiny-t5-encoder"));
        refused("no tensor of InceptionV3", Fixtures.folder().resolve("tiny-llamagen-t2i/t2i_tiny.pt"));
        refused("a directory without a checkpoint", directory);
        refused("a text, 'hello'", Files.writeString(directory.resolve("a.pth"), "hello"));
        refused("", directory.resolve("none.safetensors"));
    }

    private static void refused(String found, Path path) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> Inception.open(path).close())
                .withMessageContaining(found)
                .withMessageContaining(path.toString())
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    private static BufferedImage image(int width, int height, SplittableRandom random) {
        var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, random.nextInt(1 << 24));
        }
        return image;
    }
}
