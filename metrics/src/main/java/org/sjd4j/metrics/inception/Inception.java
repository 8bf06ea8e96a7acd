package org.sjd4j.metrics.inception;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.metrics.FeatureExtractor;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.Tensors;

/**
 * The features of which FID is made (Heusel et al., arXiv 1706.08500), as mseitzer/pytorch-fid computes them: InceptionV3
 * with the weights of the TensorFlow network of 2015. May be used by many threads, which take turns.
 */
public final class Inception implements FeatureExtractor {
    /** A few images at a time are faster than one alone; the activations of many would take much memory. */
    private static final int BATCH = 4;

    private final OwnerThread owner;
    private final Device device;
    private final NativeMemory<InceptionV3> network;
    private final InceptionBlock block;
    private final String name;
    private final int dimensions;

    private Inception(
            OwnerThread owner,
            Device device,
            NativeMemory<InceptionV3> network,
            InceptionBlock block,
            String name,
            int dimensions) {
        this.owner = owner;
        this.device = device;
        this.network = network;
        this.block = block;
        this.name = name;
        this.dimensions = dimensions;
    }

    /** As {@link #open(Path, InceptionBlock)}, for the features of which FID is made. */
    public static Inception open(Path path) {
        return open(path, ComputeDevice.CPU);
    }

    /**
     * As {@link #open(Path)}, on a device.
     *
     * @throws IllegalArgumentException if the device cannot be used
     */
    public static Inception open(Path path, ComputeDevice device) {
        return open(path, InceptionBlock.B2048, device);
    }

    /**
     * Loads the network.
     *
     * @param path a file of weights, or a directory with {@code model.safetensors} or a {@code .pth} file as pytorch-fid
     *     publishes it ({@code pt_inception-2015-12-05-6726825d.pth})
     * @param block whose features are wanted
     * @throws org.sjd4j.tensor.CheckpointException if it cannot be read or holds another network
     */
    public static Inception open(Path path, InceptionBlock block) {
        return open(path, block, ComputeDevice.CPU);
    }

    private static Inception open(Path path, InceptionBlock block, ComputeDevice where) {
        var owner = new OwnerThread("sjd4j-inception");
        try {
            return owner.call(() -> {
                Device device = LibTorch.device(where);
                var weights = InceptionWeights.open(path, device);
                return new Inception(
                        owner,
                        device,
                        weights.network(),
                        block,
                        "inception-v3/" + block.published() + "@" + weights.fingerprint(),
                        weights.network().contents().dimensions(block));
            });
        } catch (RuntimeException | Error e) {
            owner.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int dimensions() {
        return dimensions;
    }

    @Override
    public List<float[]> features(List<BufferedImage> images) {
        var features = new ArrayList<float[]>();
        for (int from = 0; from < images.size(); from += BATCH) {
            List<BufferedImage> batch = images.subList(from, Math.min(from + BATCH, images.size()));
            features.addAll(owner.call(() -> Tensors.inference(() -> InceptionInput.rows(
                    network.contents().features(InceptionInput.of(batch).to(device, ScalarType.Float), block)))));
        }
        return features;
    }

    @Override
    public void close() {
        owner.close(network::close);
    }
}
