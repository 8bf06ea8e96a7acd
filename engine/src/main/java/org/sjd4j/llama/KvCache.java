package org.sjd4j.llama;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.Tensors;

/**
 * Keys and values of the rows that a stack has seen, in one preallocated tensor written by position.
 *
 * <p>Rejecting drafts is moving a number: the next pass starts at an earlier position and overwrites what lies there.
 *
 * <p>A pass has as many rows for every sequence, at the same positions, {@code [sequences, heads, rows, headSize]}; or the
 * rows of all sequences one after the other in one batch entry, {@code [1, heads, rows of all, headSize]}, when their
 * numbers or positions differ.
 */
public final class KvCache implements AttentionContext, AutoCloseable {
    private final int layers;
    private final int sequences;
    private final int capacity;
    private final List<Span> spans = new ArrayList<>();
    private final List<AttentionContext> views = new ArrayList<>();
    private Tensor rows;
    private @Nullable Runnable leave;

    /** The rows of a sequence in a pass. */
    record Span(long start, long count) {}

    /**
     * What a pass writes and reads, a view for each layer.
     *
     * @param mask {@code [rows, keys]}; nothing for a single row, which sees all
     */
    private record Views(
            TensorVector written,
            TensorVector keys,
            TensorVector values,
            @Nullable Tensor mask) implements AttentionContext {

        /** @param rows {@code [layers, sequences, 2 * key heads, capacity, headSize]} */
        static Views of(Tensor rows, Span span) {
            long end = span.start + span.count;
            long keyHeads = rows.size(2) / 2;
            Tensor seen = rows.narrow(3, 0, end);
            return new Views(
                    rows.narrow(3, span.start, span.count).unbind(0),
                    seen.narrow(2, 0, keyHeads).unbind(0),
                    seen.narrow(2, keyHeads, keyHeads).unbind(0),
                    span.count == 1 ? null : Attention.causal(span.count, end, rows));
        }

        @Override
        public Tensor attend(int layer, Tensor q, Tensor kv) {
            Tensor k = keys.get(layer);
            Tensor v = values.get(layer);
            if (q.scalar_type().intern() != k.scalar_type().intern()) {
                return attend(layer, q.to(k.scalar_type()), kv).to(q.scalar_type());
            }
            written.get(layer).copy_(kv);
            return mask == null ? Attention.toAll(q, k, v) : Attention.masked(q, k, v, mask);
        }
    }

    /**
     * An empty cache for {@code sequences} sequences of at most {@code capacity} rows.
     *
     * @param type of the keys and values, and of attention to them
     */
    public KvCache(LlamaConfig config, int sequences, int capacity, ScalarType type, Device device) {
        this.layers = config.layers();
        this.sequences = sequences;
        this.capacity = capacity;
        long heads = 2L * config.keyValueHeads();
        rows = kept(torch.zeros(
                new long[] {layers, sequences, heads, capacity, config.headSize()}, Tensors.options(type, device)));
    }

    /** A tensor that outlives the scope in which it is made. */
    private static Tensor kept(Tensor tensor) {
        tensor.retainReference();
        return tensor;
    }

    /**
     * Where the next pass begins; what lies at and after these positions is forgotten.
     *
     * @param starts position of the first row of each sequence
     * @param counts rows of each sequence, 0 for none
     */
    public void startAt(long[] starts, long[] counts) {
        spans.clear();
        views.clear();
        for (int i = 0; i < sequences; i++) {
            spans.add(new Span(starts[i], counts[i]));
        }
    }

    /** The rows of each sequence in the next pass. */
    List<Span> spans() {
        return spans;
    }

    /** Rows that a sequence may have. */
    public int capacity() {
        return capacity;
    }

    /** Zeros {@code [layers, 2 * key heads, rows, headSize]}. */
    Tensor zeros(long count) {
        return kept(torch.zeros(
                new long[] {layers, rows.size(2), count, rows.size(4)},
                Tensors.options(rows.scalar_type(), rows.device())));
    }

    /**
     * Copies the contents to a tensor of somebody else, who frees it. This cache goes on with its own until the move runs,
     * which cannot fail.
     *
     * @param left is told when this cache needs the tensor no longer
     * @param home {@code [layers, sequences, 2 * key heads, rows, headSize]}, of at least this cache's sequences and capacity
     * @return the move; it must run in the pointer scope of this call
     */
    Runnable copy(Runnable left, Tensor home) {
        Tensor slot = home.narrow(1, 0, sequences).narrow(3, 0, capacity);
        home.zero_(); // what is not overwritten must be finite: masked values are still multiplied by 0
        slot.copy_(rows);
        return () -> {
            rows.close();
            rows = kept(slot);
            leave = left;
        };
    }

    /** What a sequence of the next pass looks back on by itself. Other threads may do the same for other sequences. */
    public AttentionContext sequence(int index) {
        return Views.of(rows.narrow(1, index, 1), spans.get(index));
    }

    @Override
    public Tensor attend(int layer, Tensor q, Tensor kv) {
        boolean batched = q.size(0) == sequences;
        if (views.isEmpty() && batched) {
            views.add(Views.of(rows, spans.getFirst()));
        } else if (views.isEmpty()) {
            IntStream.range(0, sequences).mapToObj(this::sequence).forEach(views::add);
        }
        return batched ? views.getFirst().attend(layer, q, kv) : attendApart(layer, q, kv);
    }

    private Tensor attendApart(int layer, Tensor q, Tensor kv) {
        var attended = new ArrayList<Tensor>();
        long from = 0;
        for (int i = 0; i < sequences; i++) {
            long count = spans.get(i).count;
            if (count > 0) {
                attended.add(views.get(i).attend(layer, q.narrow(2, from, count), kv.narrow(2, from, count)));
                from += count;
            }
        }
        return Tensors.cat(2, attended.toArray(Tensor[]::new));
    }

    @Override
    public void close() {
        if (leave != null) {
            leave.run();
        }
        rows.close();
    }
}
