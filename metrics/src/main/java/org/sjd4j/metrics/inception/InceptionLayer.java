package org.sjd4j.metrics.inception;

import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.tensor.Tensors;

/** What InceptionV3 is made of: maps of activations {@code [batch, channels, lines, columns]}. */
public sealed interface InceptionLayer
        permits Convolution, InceptionLayer.Pool, InceptionLayer.Chain, InceptionLayer.Branches {
    /** How many channels come out. */
    long channels();

    /** New activations; what is made on the way belongs to the current scope. */
    Tensor apply(Tensor x);

    /** How 3x3 places become one. */
    enum Pooling {
        /** The largest of every second place's; the places at the edges are whole. */
        HALVE,
        /** The largest, of as many places as before; what lies beyond the edge does not count. */
        LARGEST,
        /**
         * The mean, of as many places as before. pytorch-fid divides by the places within the image, as the TensorFlow
         * network did from which the weights come; torchvision divides by nine.
         */
        MEAN
    }

    /** A pooling, which keeps the channels. */
    record Pool(Pooling pooling, long channels) implements InceptionLayer {
        private static final long[] WINDOW = {3, 3};
        private static final long[] ONE = {1, 1};
        private static final long[] TWO = {2, 2};
        private static final long[] NONE = {0, 0};

        @Override
        public Tensor apply(Tensor x) {
            return switch (pooling) {
                case HALVE -> torch.max_pool2d(x, WINDOW, TWO, NONE, ONE, false);
                case LARGEST -> torch.max_pool2d(x, WINDOW, ONE, ONE, ONE, false);
                case MEAN -> torch.avg_pool2d(x, WINDOW, ONE, ONE, false, false, new LongOptional());
            };
        }
    }

    /** One layer after the other. */
    record Chain(List<InceptionLayer> layers) implements InceptionLayer {
        @Override
        public long channels() {
            return layers.getLast().channels();
        }

        @Override
        public Tensor apply(Tensor x) {
            Tensor y = layers.getFirst().apply(x);
            for (InceptionLayer layer : layers.subList(1, layers.size())) {
                y = Tensors.replace(y, layer::apply);
            }
            return y;
        }
    }

    /** Layers that read the same, with what they give side by side. */
    record Branches(List<InceptionLayer> layers) implements InceptionLayer {
        @Override
        public long channels() {
            return layers.stream().mapToLong(InceptionLayer::channels).sum();
        }

        @Override
        public Tensor apply(Tensor x) {
            return Tensors.keep(() ->
                    Tensors.cat(1, layers.stream().map(layer -> layer.apply(x)).toArray(Tensor[]::new)));
        }
    }
}
