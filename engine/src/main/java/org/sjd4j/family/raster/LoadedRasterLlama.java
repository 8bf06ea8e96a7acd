package org.sjd4j.family.raster;

import java.nio.file.Path;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.proposal.ProposalFiles;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Weights;

/**
 * A {@link RasterLlama} in memory on a device. All calls must come from the {@link org.sjd4j.tensor.OwnerThread} that loaded it or from helpers of
 * that thread, which may call at the same time for different images.
 */
public final class LoadedRasterLlama implements AutoCloseable {
    private final NativeMemory<Loaded> memory;

    private record Loaded(RasterLlama model, Proposals proposals, Device device) {}

    private LoadedRasterLlama(NativeMemory<Loaded> memory) {
        this.memory = memory;
    }

    /**
     * Loads the weights.
     *
     * @param file a safetensors file
     * @param proposals what there is that makes better drafts
     * @param precision of the matrix products
     * @throws org.sjd4j.tensor.CheckpointException if a file is malformed, or lacks a tensor, or has one that nothing
     *     reads
     * @throws IllegalArgumentException if the device cannot be used
     */
    public static LoadedRasterLlama load(
            Path file, RasterLlama.Config config, ProposalFiles proposals, ComputeDevice where, Precision precision) {
        return new LoadedRasterLlama(NativeMemory.of(() -> {
            Device device = LibTorch.device(where);
            var weights = weights(file, device);
            var model = RasterLlama.frozen(config, weights, precision);
            weights.requireAllRead();
            return new Loaded(model, proposals.load(RasterLlama.MODEL_TYPE, model, device, precision), device);
        }));
    }

    private static Weights weights(Path file, Device device) {
        return Weights.of(file.toString(), TensorFiles.read(file, ScalarType.Float, device));
    }

    /** The sizes of this model. */
    public RasterLlama.Config config() {
        return memory.contents().model().config();
    }

    /** The model itself. */
    RasterLlama model() {
        return memory.contents().model();
    }

    /**
     * Begins an image: reads the prompts into a fresh cache.
     *
     * @param prompt word ids, filled up to the model's prompt slots
     * @param negativePrompt the unconditional branch's prompt, used only if {@code sampling} is guided
     */
    public ImageSession begin(int[] prompt, int[] negativePrompt, Sampling sampling) {
        var loaded = memory.contents();
        return loaded.model().begin(loaded.proposals(), prompt, negativePrompt, sampling, loaded.device());
    }

    /** Frees the weights. */
    @Override
    public void close() {
        memory.close();
    }
}
