package org.sjd4j.model;

import java.nio.file.Path;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.decode.Sampling;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.TensorFiles;
import org.sjd4j.tensor.Weights;

/** A {@link RasterLlama} in memory on a device. All calls must come from the thread that loaded it. */
public final class LoadedRasterLlama implements AutoCloseable {
    private final NativeMemory<Loaded> memory;

    private record Loaded(RasterLlama model, Device device) {}

    private LoadedRasterLlama(NativeMemory<Loaded> memory) {
        this.memory = memory;
    }

    /**
     * Loads the weights in float32.
     *
     * @param file a safetensors file
     * @throws org.sjd4j.tensor.CheckpointException if it is malformed, or lacks a tensor, or has one that nothing reads
     * @throws IllegalArgumentException if the device cannot be used
     */
    public static LoadedRasterLlama load(Path file, RasterLlama.Config config, ComputeDevice where) {
        LibTorch.load();
        return new LoadedRasterLlama(NativeMemory.of(() -> {
            Device device = where.open();
            var weights = Weights.of(file.toString(), TensorFiles.read(file, ScalarType.Float, device));
            var model = new RasterLlama(config, weights);
            weights.requireAllRead();
            return new Loaded(model, device);
        }));
    }

    /** The sizes of this model. */
    public RasterLlama.Config config() {
        return memory.owner().model().config();
    }

    /**
     * Begins a picture: reads the prompts into a fresh cache.
     *
     * @param prompt word ids, filled up to the model's prompt slots
     * @param negativePrompt the unconditional branch's prompt, used only if {@code sampling} is guided
     */
    public RasterSession begin(int[] prompt, int[] negativePrompt, Sampling sampling) {
        return new RasterSession(
                memory.owner().model(),
                prompt,
                negativePrompt,
                sampling,
                memory.owner().device());
    }

    /** Frees the weights. */
    @Override
    public void close() {
        memory.close();
    }
}
