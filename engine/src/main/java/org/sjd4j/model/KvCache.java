package org.sjd4j.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.tensor.Tensors;

/**
 * Keys and values of the rows that a stack has seen, in preallocated tensors written by position.
 *
 * <p>Rejecting drafts is moving a number: the next pass starts at an earlier position and overwrites what lies there.
 *
 * <p>A pass has as many rows for every sequence, {@code [sequences, heads, rows, headSize]}, or, joined in one batch
 * entry, first the rows of the first sequence and then fewer rows of the second, {@code [1, heads, rows + fewer,
 * headSize]}: the rows that a pass does not guide have no unconditional twin.
 */
public final class KvCache implements AttentionContext, AutoCloseable {
    private final List<Tensor> keys = new ArrayList<>();
    private final List<Tensor> values = new ArrayList<>();
    private final int sequences;
    private final Tensor masks;
    private long start;
    private long rows;

    /**
     * An empty cache for {@code sequences} sequences of at most {@code capacity} rows.
     *
     * @param type of the keys and values, and of attention to them
     */
    public KvCache(LlamaConfig config, int sequences, int capacity, ScalarType type, Device device) {
        this.sequences = sequences;
        long[] shape = {sequences, config.heads(), capacity, config.headSize()};
        for (int i = 0; i < config.layers(); i++) {
            keys.add(Tensors.keep(() -> torch.zeros(shape, Tensors.options(type, device))));
            values.add(Tensors.keep(() -> torch.zeros(shape, Tensors.options(type, device))));
        }
        masks = Tensors.keep(() -> {
            Tensor forbidden = torch.full(
                    new long[] {capacity, capacity},
                    new Scalar(Float.NEGATIVE_INFINITY),
                    Tensors.options(type, device));
            return torch.triu(forbidden, 1);
        });
    }

    /**
     * Where the next pass begins; what lies at and after this position is forgotten.
     *
     * @param position of the first row of each sequence
     * @param count rows of the first sequence
     */
    public void startAt(long position, long count) {
        start = position;
        rows = count;
    }

    @Override
    public Tensor attend(int layer, Tensor q, Tensor k, Tensor v) {
        Tensor allKeys = keys.get(layer);
        Tensor allValues = values.get(layer);
        if (q.size(0) == sequences) {
            return attend(allKeys, allValues, q, k, v);
        }
        long fewer = q.size(2) - rows;
        return Tensors.cat(
                2,
                attend(
                        allKeys.narrow(0, 0, 1),
                        allValues.narrow(0, 0, 1),
                        part(q, 0, rows),
                        part(k, 0, rows),
                        part(v, 0, rows)),
                attend(
                        allKeys.narrow(0, 1, 1),
                        allValues.narrow(0, 1, 1),
                        part(q, rows, fewer),
                        part(k, rows, fewer),
                        part(v, rows, fewer)));
    }

    private static Tensor part(Tensor joined, long first, long count) {
        return joined.narrow(2, first, count);
    }

    private Tensor attend(Tensor keyStore, Tensor valueStore, Tensor q, Tensor k, Tensor v) {
        long count = q.size(2);
        Tensor seenKeys = write(keyStore, k);
        Tensor seenValues = write(valueStore, v);
        Tensor queries = q.to(seenKeys.scalar_type());
        Tensor attended = count == 1
                ? Attention.toAll(queries, seenKeys, seenValues)
                : Attention.masked(
                        queries,
                        seenKeys,
                        seenValues,
                        masks.narrow(0, start, count).narrow(1, 0, start + count));
        return attended.to(q.scalar_type());
    }

    private Tensor write(Tensor store, Tensor fresh) {
        long count = fresh.size(2);
        store.narrow(2, start, count).copy_(fresh);
        return store.narrow(2, 0, start + count);
    }

    @Override
    public void close() {
        keys.forEach(Tensor::close);
        values.forEach(Tensor::close);
        masks.close();
    }
}
