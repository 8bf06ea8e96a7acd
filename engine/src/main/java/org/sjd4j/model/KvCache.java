package org.sjd4j.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.Tensors;

/**
 * Keys and values of the rows that a stack has seen, in preallocated tensors written by position.
 *
 * <p>Rejecting drafts is moving a number: the next pass starts at an earlier position and overwrites what lies there.
 *
 * <p>A pass has as many rows for every sequence, at the same positions, {@code [sequences, heads, rows, headSize]}; or the
 * rows of all sequences one after the other in one batch entry, {@code [1, heads, rows of all, headSize]}, when their
 * numbers or positions differ.
 */
public final class KvCache implements AttentionContext, AutoCloseable {
    private final List<Tensor> keys = new ArrayList<>();
    private final List<Tensor> values = new ArrayList<>();
    private final int sequences;
    private final List<Span> spans = new ArrayList<>();

    /** The rows of a sequence in a pass, and what they see. */
    private record Span(long start, long count, @Nullable Tensor mask) {}

    /**
     * An empty cache for {@code sequences} sequences of at most {@code capacity} rows.
     *
     * @param type of the keys and values, and of attention to them
     */
    public KvCache(LlamaConfig config, int sequences, int capacity, ScalarType type, Device device) {
        this.sequences = sequences;
        long[] shape = {sequences, config.keyValueHeads(), capacity, config.headSize()};
        for (int i = 0; i < config.layers(); i++) {
            keys.add(store(shape, type, device));
            values.add(store(shape, type, device));
        }
    }

    /** Zeros that outlive the scope in which the cache is made. */
    private static Tensor store(long[] shape, ScalarType type, Device device) {
        Tensor zeros = torch.zeros(shape, Tensors.options(type, device));
        zeros.retainReference();
        return zeros;
    }

    /**
     * Where the next pass begins; what lies at and after these positions is forgotten.
     *
     * @param starts position of the first row of each sequence
     * @param counts rows of each sequence, 0 for none
     */
    public void startAt(long[] starts, long[] counts) {
        spans.clear();
        for (int i = 0; i < sequences; i++) {
            boolean same = i > 0 && starts[i] == starts[i - 1] && counts[i] == counts[i - 1];
            spans.add(same ? spans.getLast() : span(starts[i], counts[i]));
        }
    }

    private Span span(long start, long count) {
        return new Span(start, count, count < 2 ? null : Attention.causal(count, start + count, keys.getFirst()));
    }

    @Override
    public Tensor attend(int layer, Tensor q, Tensor k, Tensor v) {
        if (q.size(0) == sequences) {
            return attend(keys.get(layer), values.get(layer), spans.getFirst(), q, k, v);
        }
        if (inStep()) {
            Tensor together = attend(
                    keys.get(layer), values.get(layer), spans.getFirst(), bySequence(q), bySequence(k), bySequence(v));
            return together.transpose(0, 1).flatten(1, 2).unsqueeze(0);
        }
        var attended = new ArrayList<Tensor>();
        long from = 0;
        for (int i = 0; i < sequences; i++) {
            Span span = spans.get(i);
            if (span.count == 0) {
                continue;
            }
            attended.add(attend(
                    keys.get(layer).narrow(0, i, 1),
                    values.get(layer).narrow(0, i, 1),
                    span,
                    q.narrow(2, from, span.count),
                    k.narrow(2, from, span.count),
                    v.narrow(2, from, span.count)));
            from += span.count;
        }
        return Tensors.cat(2, attended.toArray(Tensor[]::new));
    }

    /** Whether all sequences have as many rows at the same positions. */
    private boolean inStep() {
        Span first = spans.getFirst();
        return spans.stream().allMatch(span -> span.start == first.start && span.count == first.count);
    }

    /** Rows one after the other {@code [1, heads, rows of all, headSize]} as a batch {@code [sequences, heads, rows, headSize]}. */
    private Tensor bySequence(Tensor rows) {
        return rows.squeeze(0)
                .unflatten(1, new long[] {sequences, rows.size(2) / sequences})
                .transpose(0, 1);
    }

    private static Tensor attend(Tensor keyStore, Tensor valueStore, Span span, Tensor q, Tensor k, Tensor v) {
        Tensor seenKeys = write(keyStore, span, k);
        Tensor seenValues = write(valueStore, span, v);
        Tensor queries = q.to(seenKeys.scalar_type());
        Tensor attended = span.mask == null
                ? Attention.toAll(queries, seenKeys, seenValues)
                : Attention.masked(queries, seenKeys, seenValues, span.mask);
        return attended.to(q.scalar_type());
    }

    private static Tensor write(Tensor store, Span span, Tensor fresh) {
        store.narrow(2, span.start, span.count).copy_(fresh);
        return store.narrow(2, 0, span.start + span.count);
    }

    @Override
    public void close() {
        keys.forEach(Tensor::close);
        values.forEach(Tensor::close);
    }
}
