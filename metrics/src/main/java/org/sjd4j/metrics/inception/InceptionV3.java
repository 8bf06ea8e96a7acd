package org.sjd4j.metrics.inception;

import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.metrics.inception.InceptionLayer.Branches;
import org.sjd4j.metrics.inception.InceptionLayer.Pool;
import org.sjd4j.metrics.inception.InceptionLayer.Pooling;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * InceptionV3 (Szegedy et al., arXiv 1512.00567) as FID reads it: the variant of mseitzer/pytorch-fid ({@code
 * src/pytorch_fid/inception.py}) with torchvision's names ({@code torchvision/models/inception.py}), which pools otherwise
 * than torchvision in the blocks A, C and E. Kernels are those of the paper, numbers of channels those of the tensors.
 *
 * <p>Belongs to the scope in which it is made.
 */
public final class InceptionV3 {
    /** Lines and columns of the images that the network reads. */
    static final int SIDE = 299;

    /** A tensor that no other network has. */
    static final String SIGNATURE = "Mixed_7c.branch3x3dbl_3b.conv.weight";

    /** Sees activations on their way through the network: to find the place where two implementations part. */
    @FunctionalInterface
    public interface Observer {
        /** Sees nothing. */
        Observer NONE = (module, activations) -> {};

        /** Called with what a module gives, {@code [batch, channels, lines, columns]}, which must be left as it is. */
        void see(String module, Tensor activations);
    }

    private final SequencedMap<String, InceptionLayer> layers = new LinkedHashMap<>();
    private long channels = 3;

    /**
     * Reads a network.
     *
     * @param root weights of any floating-point type, which are copied; {@linkplain #isUnused unused} ones may be there
     * @throws org.sjd4j.tensor.CheckpointException if a tensor is missing, has another shape or belongs to another network
     */
    InceptionV3(Weights root) {
        add("Conv2d_1a_3x3", path(root).halve("Conv2d_1a_3x3").layer());
        add("Conv2d_2a_3x3", path(root).inner("Conv2d_2a_3x3").layer());
        add("Conv2d_2b_3x3", path(root).same("Conv2d_2b_3x3", 3, 3).layer());
        add("maxpool1", new Pool(Pooling.HALVE, channels));
        add("Conv2d_3b_1x1", path(root).point("Conv2d_3b_1x1").layer());
        add("Conv2d_4a_3x3", path(root).inner("Conv2d_4a_3x3").layer());
        add("maxpool2", new Pool(Pooling.HALVE, channels));
        mixed(root, this::blockA, "Mixed_5b", "Mixed_5c", "Mixed_5d");
        mixed(root, this::blockB, "Mixed_6a");
        mixed(root, this::blockC, "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e");
        mixed(root, this::blockD, "Mixed_7a");
        mixed(root, at -> blockE(at, Pooling.MEAN), "Mixed_7b");
        mixed(root, at -> blockE(at, Pooling.LARGEST), "Mixed_7c");
        root.requireAllRead(InceptionV3::isUnused);
    }

    /** Whether a checkpoint's tensor says nothing about features: the classifier, and how long training took. */
    static boolean isUnused(String name) {
        return name.startsWith("fc.") || name.endsWith(".bn.num_batches_tracked");
    }

    private InceptionPath path(Weights at) {
        return new InceptionPath(at, channels);
    }

    private void add(String name, InceptionLayer layer) {
        layers.put(name, layer);
        channels = layer.channels();
    }

    private void mixed(Weights root, Function<Weights, Stream<InceptionPath>> block, String... names) {
        for (String name : names) {
            add(
                    name,
                    new Branches(
                            block.apply(root.at(name)).map(InceptionPath::layer).toList()));
        }
    }

    private Stream<InceptionPath> blockA(Weights at) {
        return Stream.of(
                path(at).point("branch1x1"),
                path(at).point("branch5x5_1").same("branch5x5_2", 5, 5),
                path(at).point("branch3x3dbl_1").same("branch3x3dbl_2", 3, 3).same("branch3x3dbl_3", 3, 3),
                path(at).pool(Pooling.MEAN).point("branch_pool"));
    }

    private Stream<InceptionPath> blockB(Weights at) {
        return Stream.of(
                path(at).halve("branch3x3"),
                path(at).point("branch3x3dbl_1").same("branch3x3dbl_2", 3, 3).halve("branch3x3dbl_3"),
                path(at).pool(Pooling.HALVE));
    }

    private Stream<InceptionPath> blockC(Weights at) {
        return Stream.of(
                path(at).point("branch1x1"),
                path(at).point("branch7x7_1").same("branch7x7_2", 1, 7).same("branch7x7_3", 7, 1),
                path(at).point("branch7x7dbl_1")
                        .same("branch7x7dbl_2", 7, 1)
                        .same("branch7x7dbl_3", 1, 7)
                        .same("branch7x7dbl_4", 7, 1)
                        .same("branch7x7dbl_5", 1, 7),
                path(at).pool(Pooling.MEAN).point("branch_pool"));
    }

    private Stream<InceptionPath> blockD(Weights at) {
        return Stream.of(
                path(at).point("branch3x3_1").halve("branch3x3_2"),
                path(at).point("branch7x7x3_1")
                        .same("branch7x7x3_2", 1, 7)
                        .same("branch7x7x3_3", 7, 1)
                        .halve("branch7x7x3_4"),
                path(at).pool(Pooling.HALVE));
    }

    private Stream<InceptionPath> blockE(Weights at, Pooling pooling) {
        return Stream.of(
                path(at).point("branch1x1"),
                path(at).point("branch3x3_1").cross("branch3x3_2a", "branch3x3_2b"),
                path(at).point("branch3x3dbl_1")
                        .same("branch3x3dbl_2", 3, 3)
                        .cross("branch3x3dbl_3a", "branch3x3dbl_3b"),
                path(at).pool(pooling).point("branch_pool"));
    }

    /** Length of the features of a block. */
    int dimensions(InceptionBlock block) {
        return Math.toIntExact(layer(block.lastModule()).channels());
    }

    private InceptionLayer layer(String module) {
        InceptionLayer layer = layers.get(module);
        if (layer == null) {
            throw new IllegalArgumentException("no module '" + module + "', expected one of " + layers.keySet());
        }
        return layer;
    }

    /**
     * Images in the size and range that the network reads: bilinear between the centres of pixels, without a filter
     * against aliasing, and {@code 2 x - 1} ({@code InceptionV3.forward} in pytorch-fid).
     *
     * @param images {@code [batch, 3, height, width]} in 0..1
     * @return {@code [batch, 3, 299, 299]} in -1..1
     */
    static Tensor resized(Tensor images) {
        Tensor resized = torch.upsample_bilinear2d(
                images, new long[] {SIDE, SIDE}, false, new DoubleOptional(), new DoubleOptional());
        return resized.mul(new Scalar(2.0)).sub(new Scalar(1.0));
    }

    /**
     * Features of images: the activations after a block, averaged over all places.
     *
     * @param images {@code [batch, 3, 299, 299]} in -1..1
     * @return {@code [batch, dimensions]}
     */
    public Tensor features(Tensor images, InceptionBlock block) {
        return activations(images, block, Observer.NONE).mean(2, 3);
    }

    /** As {@link #features} before averaging, observed. */
    public Tensor activations(Tensor images, InceptionBlock block, Observer observer) {
        Tensor x = images.alias();
        for (var entry : layers.entrySet()) {
            x = Tensors.replace(x, entry.getValue()::apply);
            observer.see(entry.getKey(), x);
            if (entry.getKey().equals(block.lastModule())) {
                break;
            }
        }
        return x;
    }

    /** What a single module makes of activations {@code [batch, channels, lines, columns]}. */
    public Tensor module(String name, Tensor x) {
        return layer(name).apply(x);
    }
}
