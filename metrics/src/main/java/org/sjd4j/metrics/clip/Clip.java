package org.sjd4j.metrics.clip;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import org.sjd4j.checkpoint.Fingerprint;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.metrics.TextImageMetric;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.Tensors;

/**
 * OpenAI's CLIP (arXiv 2103.00020) from a directory in the layout of Hugging Face, such as {@code
 * openai/clip-vit-base-patch32}: {@code config.json}, {@code preprocessor_config.json}, weights and a text tokenizer. It
 * computes in float32 on the CPU, on a thread of its own.
 */
public final class Clip implements TextImageMetric {
    private final String name;
    private final ClipPreprocessing preprocessing;
    private final ClipText text;
    private final OwnerThread owner;
    private final NativeMemory<ClipModel> model;

    private Clip(
            String name,
            ClipPreprocessing preprocessing,
            ClipText text,
            OwnerThread owner,
            NativeMemory<ClipModel> model) {
        this.name = name;
        this.preprocessing = preprocessing;
        this.text = text;
        this.owner = owner;
        this.model = model;
    }

    /** Whether a directory holds such a network, by its {@code config.json}. */
    public static boolean recognises(Path directory) {
        return ClipConfig.recognises(HubCache.resolve(directory));
    }

    /**
     * Loads a network.
     *
     * @param variant whose preprocessing images go through; only {@link ClipPreprocessing.Variant#HUGGING_FACE} gives the
     *     numbers of torchmetrics
     * @throws CheckpointException if a file is missing, is malformed, or does not fit the others
     */
    public static Clip open(Path path, ClipPreprocessing.Variant variant) {
        return open(path, variant, ComputeDevice.CPU);
    }

    /**
     * As {@link #open(Path, ClipPreprocessing.Variant)}, on a device.
     *
     * @throws IllegalArgumentException if the device cannot be used
     */
    public static Clip open(Path path, ClipPreprocessing.Variant variant, ComputeDevice device) {
        Path directory = HubCache.resolve(path);
        var config = ClipConfig.read(directory);
        var preprocessing =
                ClipPreprocessing.read(directory, variant, config.vision().imageSize());
        var text = ClipText.read(directory, config.text());
        var owner = new OwnerThread("sjd4j-clip");
        try {
            var model =
                    owner.call(() -> NativeMemory.of(() -> ClipModel.load(directory, config, LibTorch.device(device))));
            String name = "%s@%s (%s)".formatted(HubCache.name(directory), Fingerprint.of(directory), variant);
            return new Clip(name, preprocessing, text, owner, model);
        } catch (RuntimeException | Error e) {
            owner.close();
            text.close();
            throw e;
        }
    }

    /** The directory's name, a fingerprint of its weights, and the preprocessing. */
    @Override
    public String name() {
        return name;
    }

    @Override
    public float[] image(BufferedImage image) {
        float[] values = preprocessing.values(image);
        int side = preprocessing.crop();
        return owner.call(() -> Tensors.inference(() -> {
            var seen = model.contents().image(Tensors.of(values, 1, 3, side, side), ClipTower.Observer.NONE);
            return Tensors.floats(ClipModel.normalised(seen));
        }));
    }

    /** The embedding of a text, of length 1. Of a text that is too long the network reads the beginning. */
    @Override
    public float[] text(String written) {
        int[][] ids = {text.ids(written)};
        return owner.call(() -> Tensors.inference(
                () -> Tensors.floats(ClipModel.normalised(model.contents().text(ids, ClipTower.Observer.NONE)))));
    }

    @Override
    public double scale() {
        return model.contents().scale();
    }

    @Override
    public void close() {
        owner.close(() -> {
            model.close();
            text.close();
        });
    }
}
