package org.sjd4j.vision;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.PassThreads;
import org.sjd4j.tensor.PassThreads.Work;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * A {@link PatchTokenizer} in memory on a device, for turning image tokens into pixels and back. All calls must come from the
 * {@link org.sjd4j.tensor.OwnerThread} that loaded it or from helpers of that thread.
 */
public final class ImageDecoder implements AutoCloseable {
    /** About the weights of the network, which each token passes through. */
    private static final long PRODUCTS_OF_A_TOKEN = 1_000_000;

    private final NativeMemory<Loaded> memory;

    private record Loaded(PatchTokenizer tokenizer, Device device) {}

    private ImageDecoder(NativeMemory<Loaded> memory) {
        this.memory = memory;
    }

    /**
     * Loads the weights in float32 and decodes one blank image, so that a checkpoint that does not fit fails here.
     *
     * @param file a safetensors file
     * @throws org.sjd4j.tensor.CheckpointException if it is malformed or lacks a tensor
     * @throws IllegalArgumentException if the device cannot be used
     */
    public static ImageDecoder load(Path file, PatchTokenizer.Config config, ComputeDevice where) {
        var decoder = new ImageDecoder(NativeMemory.of(() -> {
            Device device = LibTorch.device(where);
            var weights = Weights.of(file.toString(), TensorFiles.read(file, ScalarType.Float, device));
            return new Loaded(new PatchTokenizer(config, weights), device);
        }));
        try {
            decoder.image(new int[config.grid() * config.grid()]);
        } catch (RuntimeException | Error e) {
            decoder.close();
            throw e;
        }
        return decoder;
    }

    /**
     * Turns image tokens into pixels.
     *
     * @param tokens one image's codes in raster order
     */
    public BufferedImage image(int[] tokens) {
        PatchTokenizer tokenizer = memory.contents().tokenizer();
        Supplier<BufferedImage> decoding = () -> Tensors.inference(() -> {
            Tensor codes =
                    Tensors.of(tokens, 1, tokens.length).to(memory.contents().device(), ScalarType.Long);
            return Pixels.images(tokenizer.decode(tokenizer.lookup(codes))).getFirst();
        });
        return PassThreads.current().run(Work.IMAGE, tokens.length * PRODUCTS_OF_A_TOKEN, decoding);
    }

    /**
     * Turns pixels into image tokens, as {@link #image} reads them.
     *
     * @param image of the size of the tokenizer's images
     */
    public int[] tokens(BufferedImage image) {
        var loaded = memory.contents();
        return Tensors.inference(() ->
                Tensors.ints(loaded.tokenizer().encode(Pixels.image(image).to(loaded.device(), ScalarType.Float))));
    }

    /** Turns the image tokens of several images into pixels. */
    public List<BufferedImage> images(List<int[]> tokens) {
        return tokens.stream().map(this::image).toList();
    }

    /** Frees the weights. */
    @Override
    public void close() {
        memory.close();
    }
}
