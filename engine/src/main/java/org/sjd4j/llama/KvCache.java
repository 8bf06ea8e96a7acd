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
    /**
     * Keys that a row reads on a CPU are a multiple of this, which depends on its position alone: the kernel's sums over the
     * keys have another order with another number of them, even if the further ones are masked.
     */
    private static final int KEY_BLOCK = 64;

    private final int layers;
    private final int sequences;
    private final int capacity;
    private final List<Span> spans = new ArrayList<>();
    private final int group;
    private final boolean inBlocks;
    private @Nullable AttentionContext views;
    private Tensor rows;
    private @Nullable Runnable leave;

    /** The rows of a sequence in a pass. */
    record Span(long start, long count) {}

    /**
     * Rows of a pass that read as many keys, which are views for each layer.
     *
     * @param from the first of these rows in the pass
     * @param mask {@code [rows, keys]}; nothing for a single row that sees all
     */
    private record Part(
            long from,
            long count,
            TensorVector keys,
            TensorVector values,
            @Nullable Tensor mask,
            boolean inBlocks) {

        Tensor attend(int layer, Tensor q) {
            Tensor k = keys.get(layer);
            Tensor v = values.get(layer);
            if (mask == null) {
                return Attention.toAll(q, k, v);
            }
            return inBlocks ? Attention.inBlocks(q, k, v, mask) : Attention.masked(q, k, v, mask);
        }
    }

    /** What a pass writes, a view for each layer, and what its rows read. */
    private record Views(TensorVector written, List<Part> parts) implements AttentionContext {
        @Override
        public Tensor attend(int layer, Tensor q, Tensor kv) {
            Tensor cached = written.get(layer);
            if (q.scalar_type().intern() != cached.scalar_type().intern()) {
                return attend(layer, q.to(cached.scalar_type()), kv).to(q.scalar_type());
            }
            cached.copy_(kv);
            if (parts.size() == 1) {
                return parts.getFirst().attend(layer, q);
            }
            return Tensors.cat(
                    2,
                    parts.stream()
                            .map(part -> part.attend(layer, q.narrow(2, part.from, part.count)))
                            .toArray(Tensor[]::new));
        }
    }

    /** @param of {@code [layers, sequences, 2 * key heads, capacity, headSize]} */
    private Views views(Tensor of, Span span) {
        var parts = new ArrayList<Part>();
        long end = span.start + span.count;
        if (!inBlocks) {
            Tensor mask = span.count == 1 ? null : Attention.causal(span.count, end, rows);
            parts.add(part(of, 0, span.count, end, mask));
        }
        for (long start = span.start; inBlocks && start < end; ) {
            long keys = Attention.roundedUp(start + 1, KEY_BLOCK);
            long count = Math.min(end, keys) - start;
            parts.add(part(of, start - span.start, count, keys, Attention.blockMask(start, count, keys, group, rows)));
            start += count;
        }
        return new Views(of.narrow(3, span.start, span.count).unbind(0), parts);
    }

    private Part part(Tensor of, long from, long count, long keys, @Nullable Tensor mask) {
        Tensor seen = of.narrow(3, 0, keys);
        long heads = of.size(2) / 2;
        return new Part(
                from,
                count,
                seen.narrow(2, 0, heads).unbind(0),
                seen.narrow(2, heads, heads).unbind(0),
                mask,
                inBlocks);
    }

    /**
     * An empty cache.
     *
     * @param capacity rows of each sequence, at least
     * @param type of the keys and values, and of attention to them
     * @param inBlocks whether a row's attention must be the same, bit for bit, whatever other rows its pass has: in float32 on
     *     a CPU alone; see {@link LlamaConfig#attendsInBlocks}
     */
    public KvCache(LlamaConfig config, int sequences, int capacity, ScalarType type, Device device, boolean inBlocks) {
        this.layers = config.layers();
        this.sequences = sequences;
        this.group = config.heads() / config.keyValueHeads();
        this.inBlocks = inBlocks;
        this.capacity = inBlocks ? Math.toIntExact(Attention.roundedUp(capacity, KEY_BLOCK)) : capacity;
        long heads = 2L * config.keyValueHeads();
        rows = kept(torch.zeros(
                new long[] {layers, sequences, heads, this.capacity, config.headSize()},
                Tensors.options(type, device)));
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
        views = null;
        for (int i = 0; i < sequences; i++) {
            spans.add(new Span(starts[i], counts[i]));
        }
    }

    /** The rows of each sequence in the next pass. */
    List<Span> spans() {
        return spans;
    }

    /** Whether a row's attention is the same whatever other rows its pass has. */
    boolean inBlocks() {
        return inBlocks;
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
        return views(rows.narrow(1, index, 1), spans.get(index));
    }

    @Override
    public Tensor attend(int layer, Tensor q, Tensor kv) {
        if (views == null) {
            boolean batched = q.size(0) == sequences;
            views = batched ? views(rows, spans.getFirst()) : new SequenceBySequence(parts(0, sequences));
        }
        return views.attend(layer, q, kv);
    }

    /** Sequences of the next pass, each by itself: those that have rows. */
    List<SequenceBySequence.Part> parts(int from, int to) {
        return IntStream.range(from, to)
                .filter(i -> spans.get(i).count > 0)
                .mapToObj(i -> new SequenceBySequence.Part(sequence(i), spans.get(i).count))
                .toList();
    }

    @Override
    public void close() {
        if (leave != null) {
            leave.run();
        }
        rows.close();
    }
}
