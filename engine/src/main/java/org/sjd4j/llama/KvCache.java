package org.sjd4j.llama;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    private final int capacity;
    private final List<Span> spans = new ArrayList<>();
    private final Map<Span, Tensor> masks = new HashMap<>();
    private @Nullable Runnable leave;

    /** The rows of a sequence in a pass. */
    record Span(long start, long count) {}

    /**
     * An empty cache for {@code sequences} sequences of at most {@code capacity} rows.
     *
     * @param type of the keys and values, and of attention to them
     */
    public KvCache(LlamaConfig config, int sequences, int capacity, ScalarType type, Device device) {
        this.sequences = sequences;
        this.capacity = capacity;
        long[] shape = {sequences, config.keyValueHeads(), capacity, config.headSize()};
        try {
            for (int i = 0; i < config.layers(); i++) {
                keys.add(store(shape, type, device));
                values.add(store(shape, type, device));
            }
        } catch (RuntimeException | Error e) { // memory was short: what is there goes at once
            keys.forEach(Tensor::close);
            values.forEach(Tensor::close);
            throw e;
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
        masks.clear();
        for (int i = 0; i < sequences; i++) {
            spans.add(new Span(starts[i], counts[i]));
        }
    }

    /** The rows of each sequence in the next pass. */
    List<Span> spans() {
        return spans;
    }

    /** The number of blocks. */
    int layers() {
        return keys.size();
    }

    /** Rows that a sequence may have. */
    public int capacity() {
        return capacity;
    }

    /** Zeros {@code [key heads, rows, headSize]}. */
    Tensor zeros(long rows) {
        Tensor like = keys.getFirst();
        return store(new long[] {like.size(1), rows, like.size(3)}, like.scalar_type(), like.device());
    }

    /**
     * Copies the contents to tensors of somebody else, who frees them. This cache goes on with its own until the move runs,
     * which cannot fail.
     *
     * @param left is told when this cache needs them no longer
     * @param newKeys tensors of at least the shape of these, one for each block
     * @param newValues the same for values
     * @return the move; it must run in the pointer scope of this call
     */
    Runnable copy(Runnable left, List<Tensor> newKeys, List<Tensor> newValues) {
        var movedKeys = copies(keys, newKeys);
        var movedValues = copies(values, newValues);
        return () -> {
            replace(keys, movedKeys);
            replace(values, movedValues);
            leave = left;
        };
    }

    private List<Tensor> copies(List<Tensor> from, List<Tensor> to) {
        var copies = new ArrayList<Tensor>();
        for (int i = 0; i < from.size(); i++) {
            copies.add(copied(from.get(i), to.get(i)));
        }
        return copies;
    }

    private static void replace(List<Tensor> old, List<Tensor> moved) {
        old.forEach(Tensor::close);
        moved.forEach(Tensor::retainReference);
        old.clear();
        old.addAll(moved);
    }

    /** What is not overwritten must be finite: masked values are still multiplied by 0. */
    private Tensor copied(Tensor from, Tensor to) {
        to.zero_();
        Tensor slot = to.narrow(0, 0, sequences).narrow(2, 0, capacity);
        slot.copy_(from);
        return slot;
    }

    @Override
    public Tensor attend(int layer, Tensor q, Tensor k, Tensor v) {
        if (q.size(0) == sequences) {
            return attend(keys.get(layer), values.get(layer), spans.getFirst(), q, k, v);
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

    private Tensor attend(Tensor keyStore, Tensor valueStore, Span span, Tensor q, Tensor k, Tensor v) {
        Tensor seenKeys = write(keyStore, span, k);
        Tensor seenValues = write(valueStore, span, v);
        ScalarType type = q.scalar_type();
        boolean same = type.intern() == seenKeys.scalar_type().intern();
        Tensor queries = same ? q : q.to(seenKeys.scalar_type());
        Tensor attended = span.count == 1
                ? Attention.toAll(queries, seenKeys, seenValues)
                : Attention.masked(queries, seenKeys, seenValues, mask(span));
        return same ? attended : attended.to(type);
    }

    private Tensor mask(Span span) {
        return masks.computeIfAbsent(span, _ -> Attention.causal(span.count, span.start + span.count, keys.getFirst()));
    }

    private static Tensor write(Tensor store, Span span, Tensor fresh) {
        store.narrow(2, span.start, span.count).copy_(fresh);
        return store.narrow(2, 0, span.start + span.count);
    }

    @Override
    public void close() {
        if (leave != null) {
            leave.run();
        }
        keys.forEach(Tensor::close);
        values.forEach(Tensor::close);
    }
}
