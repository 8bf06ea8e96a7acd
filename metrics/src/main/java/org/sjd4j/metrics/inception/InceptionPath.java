package org.sjd4j.metrics.inception;

import java.util.ArrayList;
import java.util.List;
import org.sjd4j.tensor.Weights;

/** Layers in a row, as they are read below a path of a checkpoint: each reads as many channels as the one before gives. */
final class InceptionPath {
    private final Weights at;
    private final List<InceptionLayer> layers = new ArrayList<>();
    private long channels;

    /**
     * An empty row.
     *
     * @param channels that the first layer reads
     */
    InceptionPath(Weights at, long channels) {
        this.at = at;
        this.channels = channels;
    }

    /** A convolution that keeps the number of lines and columns. */
    InceptionPath same(String name, long height, long width) {
        return add(Convolution.of(at.at(name), channels, height, width, 1, height / 2, width / 2));
    }

    /** A 1x1 convolution. */
    InceptionPath point(String name) {
        return same(name, 1, 1);
    }

    /** A 3x3 convolution of every second place, without padding. */
    InceptionPath halve(String name) {
        return add(Convolution.of(at.at(name), channels, 3, 3, 2, 0, 0));
    }

    /** A 3x3 convolution without padding. */
    InceptionPath inner(String name) {
        return add(Convolution.of(at.at(name), channels, 3, 3, 1, 0, 0));
    }

    /** A pooling. */
    InceptionPath pool(InceptionLayer.Pooling pooling) {
        return add(new InceptionLayer.Pool(pooling, channels));
    }

    /** A convolution along lines and one along columns, side by side. */
    InceptionPath cross(String alongLines, String alongColumns) {
        var lines = new InceptionPath(at, channels).same(alongLines, 1, 3).layer();
        var columns = new InceptionPath(at, channels).same(alongColumns, 3, 1).layer();
        return add(new InceptionLayer.Branches(List.of(lines, columns)));
    }

    private InceptionPath add(InceptionLayer layer) {
        layers.add(layer);
        channels = layer.channels();
        return this;
    }

    /** The row as one layer. */
    InceptionLayer layer() {
        return layers.size() == 1 ? layers.getFirst() : new InceptionLayer.Chain(List.copyOf(layers));
    }
}
