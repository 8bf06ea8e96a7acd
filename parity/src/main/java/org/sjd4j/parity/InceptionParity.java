package org.sjd4j.parity;

import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.checkpoint.Checkpoint;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.metrics.inception.InceptionBlock;
import org.sjd4j.metrics.inception.InceptionInput;
import org.sjd4j.metrics.inception.InceptionV3;
import org.sjd4j.metrics.inception.InceptionWeights;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Tensors;

/** Checks of InceptionV3: images, blocks, features; {@link FrechetParity} goes on from there. */
final class InceptionParity {
    private static final Pattern IMAGE = Pattern.compile("image\\.(\\d+)\\.uint8_hwc");
    private static final Pattern BLOCK = Pattern.compile("block\\.(.+)\\.input");
    private static final Pattern EVERY = Pattern.compile("image\\.\\d+\\.tap\\..+\\.every(\\d+)");
    private static final int STEP = 13;

    private final Golden golden;
    private final InceptionV3 network;

    private InceptionParity(Golden golden, InceptionV3 network) {
        this.golden = golden;
        this.network = network;
    }

    /** Whether a directory holds this network, by its configuration or, if that does not say, by its weights. */
    static boolean knows(Path directory) {
        return isConfigured(directory.resolve("config.json")) || InceptionWeights.isAt(directory);
    }

    private static boolean isConfigured(Path config) {
        try {
            return Files.isRegularFile(config)
                    && JsonConfig.read(config).textOr("format", "").contains("Inception3");
        } catch (CheckpointException e) {
            return false; // the caller says what is wrong
        }
    }

    /** Runs all checks, in the caller's scope. */
    static void check(Path directory, Golden golden) {
        golden.add("fid_golden.safetensors");
        try (var loaded = InceptionWeights.open(directory, LibTorch.device(ComputeDevice.CPU))
                .network()) {
            var parity = new InceptionParity(golden, loaded.contents());
            golden.variants(IMAGE).forEach(parity::image);
            golden.variants(BLOCK).forEach(parity::block);
            savedFiles(directory, golden);
            new FrechetParity(golden, parity::features).check();
        }
    }

    private void image(String index) {
        String image = "image." + index;
        Tensor resized = InceptionInput.of(List.of(golden.image(image + ".uint8_hwc")));
        golden.close(image + ".resized_every13", every(resized.squeeze(0), STEP));
        Tensor last = network.activations(
                resized,
                InceptionBlock.B2048,
                (module, activations) -> Tensors.scope(() -> taps(image + ".tap." + module, activations.squeeze(0))));
        for (InceptionBlock block : InceptionBlock.values()) {
            Tensor features = block == InceptionBlock.B2048 ? last.mean(2, 3) : network.features(resized, block);
            whole(image + ".features." + block.published(), features.squeeze(0));
        }
    }

    private void taps(String name, Tensor activations) {
        whole(name + ".channel_mean", activations.mean(1, 2));
        for (String step : golden.variants(EVERY)) {
            String tap = name + ".every" + step;
            if (golden.has(tap)) {
                whole(tap, every(activations, Long.parseLong(step)));
            }
        }
    }

    private void whole(String name, Tensor ours) {
        if (golden.has(name)) {
            golden.close(name, ours, golden.get(name), FrechetParity.WHOLE);
        }
    }

    /** Every so many lines and columns of {@code [channels, lines, columns]}. */
    private static Tensor every(Tensor x, long step) {
        var whole = new LongOptional();
        return x.slice(1, whole, whole, step).slice(2, whole, whole, step);
    }

    private void block(String module) {
        Tensor input = golden.get("block." + module + ".input");
        golden.close("block." + module + ".output", network.module(module, input));
    }

    /** {@code [images, dimensions]}. */
    private Tensor features(List<BufferedImage> images, InceptionBlock block) {
        return Tensors.cat(
                0,
                images.stream()
                        .map(image -> Tensors.keep(() -> network.features(InceptionInput.of(List.of(image)), block)))
                        .toArray(Tensor[]::new));
    }

    /** A file that PyTorch saved holds what the safetensors file beside it holds. */
    private static void savedFiles(Path directory, Golden golden) {
        Path published = directory.resolve("model.safetensors");
        if (!Files.exists(published)) {
            return;
        }
        for (Path saved : InceptionWeights.saved(directory)) {
            try (var ours = Checkpoint.open(saved);
                    var expected = Checkpoint.open(published)) {
                golden.holds(
                        saved.getFileName() + " equals model.safetensors",
                        ours.names().equals(expected.names())
                                && ours.names().stream().allMatch(name -> same(ours, expected, name)));
            }
        }
    }

    private static boolean same(Checkpoint ours, Checkpoint expected, String name) {
        return ours.info(name).dtype() == expected.info(name).dtype()
                && Arrays.equals(ours.info(name).shape(), expected.info(name).shape())
                && ours.segment(name).mismatch(expected.segment(name)) < 0;
    }
}
