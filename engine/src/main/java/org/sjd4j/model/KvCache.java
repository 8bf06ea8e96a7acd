package org.sjd4j.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.tensor.Tensors;

/**
 * Keys and values of the rows that a stack has seen, in preallocated tensors written by position.
 *
 * <p>Rejecting drafts is moving a number: the next pass starts at an earlier position and overwrites what lies there.
 */
public final class KvCache implements AttentionContext, AutoCloseable {
    private final List<Tensor> keys = new ArrayList<>();
    private final List<Tensor> values = new ArrayList<>();
    private final Tensor masks;
    private long start;

    /** An empty cache for {@code batch} sequences of at most {@code capacity} rows. */
    public KvCache(LlamaConfig config, int batch, int capacity, Device device) {
        long[] shape = {batch, config.heads(), capacity, config.headSize()};
        for (int i = 0; i < config.layers(); i++) {
            keys.add(Tensors.keep(() -> torch.zeros(shape, Tensors.options(ScalarType.Float, device))));
            values.add(Tensors.keep(() -> torch.zeros(shape, Tensors.options(ScalarType.Float, device))));
        }
        masks = Tensors.keep(() -> {
            Tensor forbidden = torch.full(
                    new long[] {capacity, capacity},
                    new Scalar(Float.NEGATIVE_INFINITY),
                    Tensors.options(ScalarType.Float, device));
            return torch.triu(forbidden, 1);
        });
    }

    /** The position of the next pass's first row: rows at and after it are forgotten. */
    public void startAt(long position) {
        start = position;
    }

    @Override
    public Tensor keys(int layer, Tensor fresh) {
        return write(keys.get(layer), fresh);
    }

    @Override
    public Tensor values(int layer, Tensor fresh) {
        return write(values.get(layer), fresh);
    }

    private Tensor write(Tensor store, Tensor fresh) {
        long count = fresh.size(2);
        store.narrow(2, start, count).copy_(fresh);
        return store.narrow(2, 0, start + count);
    }

    /** Each row may see everything up to itself; a single row needs no mask. */
    @Override
    public TensorOptional mask(long count) {
        return count == 1
                ? new TensorOptional()
                : new TensorOptional(masks.narrow(0, start, count).narrow(1, 0, start + count));
    }

    @Override
    public void close() {
        keys.forEach(Tensor::close);
        values.forEach(Tensor::close);
        masks.close();
    }
}
