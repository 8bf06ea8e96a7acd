package org.sjd4j.llama;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.Tensors;

/**
 * The caches of several images in one tensor, so that one call attends for all of them: with few rows for each,
 * calling attention costs more than attention. The keys and values of other images are masked.
 *
 * <p>All calls must come from one thread: the {@link org.sjd4j.tensor.OwnerThread} of the model, or the helper of it whose images these are.
 */
public final class SharedCache implements AutoCloseable {
    private final @Nullable KvCache[] members;
    private final int sequences;
    private final int leastCapacity;
    private @Nullable Tensor rows;
    private int capacity;

    /** @param images that may be here at once; memory is taken when the first one comes */
    public SharedCache(int images) {
        this(images, 2, 0);
    }

    /**
     * A cache for passes of fixed shapes.
     *
     * @param images that may be here at once; memory is taken when the first one comes
     * @param sequences of each image at most: 2 with guidance
     * @param leastCapacity rows of each sequence; more if an image has more
     */
    public SharedCache(int images, int sequences, int leastCapacity) {
        this.members = new KvCache[images];
        this.sequences = sequences;
        this.leastCapacity = leastCapacity;
    }

    /**
     * Moves a cache here, until it is closed. All caches must belong to the same loaded model.
     *
     * @throws IllegalStateException if all slots are taken
     */
    public void adopt(KvCache cache) {
        int free = Arrays.asList(members).indexOf(null);
        if (free < 0) {
            throw new IllegalStateException("all " + members.length + " slots of a shared cache are taken");
        }
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            if (cache.capacity() > capacity) {
                grow(cache);
            }
            copyIn(cache, free, rows(), capacity).run();
            members[free] = cache;
        }
    }

    /** Takes the memory for caches like this one, which stays where it is. */
    public void reserve(KvCache like) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            if (like.capacity() > capacity) {
                grow(like);
            }
        }
    }

    /** A new tensor {@code [layers, 2 * key heads, slots * capacity, headSize]}, to which all caches move. */
    private void grow(KvCache largest) {
        var moves = new ArrayList<Runnable>();
        int newCapacity = Math.max(largest.capacity(), leastCapacity);
        Tensor grown = largest.zeros((long) slots() * newCapacity);
        try {
            for (int i = 0; i < members.length; i++) {
                KvCache member = members[i];
                if (member != null) {
                    moves.add(copyIn(member, i, grown, newCapacity));
                }
            }
        } catch (RuntimeException | Error e) { // memory was short: the new tensor goes at once, and nobody has moved
            grown.close();
            throw e;
        }
        moves.forEach(Runnable::run);
        close();
        rows = grown;
        capacity = newCapacity;
    }

    private Tensor rows() {
        return Objects.requireNonNull(rows, "no cache has come yet");
    }

    private int slots() {
        return members.length * sequences;
    }

    private Runnable copyIn(KvCache cache, int member, Tensor home, int newCapacity) {
        return cache.copy(() -> leave(cache), slot(home, member, newCapacity));
    }

    /** The part of a member, {@code [layers, sequences, 2 * key heads, rows, headSize]}. */
    private Tensor slot(Tensor home, int member, int count) {
        return home.unflatten(2, new long[] {slots(), count})
                .narrow(2, (long) member * sequences, sequences)
                .transpose(1, 2);
    }

    /** Frees the slot of a cache. */
    private void leave(KvCache cache) {
        members[member(cache)] = null;
    }

    /**
     * Moves the last cache to the first free slot, if that lies before it.
     *
     * @return the slot that it has left, and the one where it is now; nothing if no cache moved
     */
    public Optional<Move> closeGap() {
        int gap = Arrays.asList(members).indexOf(null);
        int last = members.length - 1;
        while (last >= 0 && members[last] == null) {
            last--;
        }
        KvCache cache = last < 0 ? null : members[last];
        if (cache == null || gap < 0 || gap > last) {
            return Optional.empty();
        }
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            copyIn(cache, gap, rows(), capacity).run();
        }
        members[last] = null;
        members[gap] = cache;
        return Optional.of(new Move(last, gap));
    }

    /** A cache has another slot. */
    public record Move(int from, int to) {}

    /** Rows of each sequence, 0 before the first image has come. */
    public int capacity() {
        return capacity;
    }

    private int member(KvCache cache) {
        int member = Arrays.asList(members).indexOf(cache);
        if (member < 0) {
            throw new IllegalArgumentException("the cache of an image is not in this shared cache");
        }
        return member;
    }

    /**
     * Attention of a pass whose rows stand one after the other in one batch entry: those of the first cache, sequence by
     * sequence, those of the second, and so on.
     *
     * @param caches members, at the position where the pass begins
     */
    public AttentionContext together(List<KvCache> caches) {
        return together(caches, 0, sequences);
    }

    /**
     * As {@link #together(List)}, of one sequence of each cache alone. Other threads may do the same for other sequences.
     *
     * @param caches members that have this sequence
     */
    public AttentionContext sequence(List<KvCache> caches, int index) {
        return together(caches, index, 1);
    }

    /** Attention of so many sequences of each cache, from one on: those that it has. */
    private AttentionContext together(List<KvCache> caches, int first, int count) {
        caches.forEach(this::member);
        if (caches.getFirst().inBlocks()) {
            return new SequenceBySequence(caches.stream()
                    .flatMap(cache -> cache
                            .parts(first, Math.min(first + count, cache.spans().size()))
                            .stream())
                    .toList());
        }
        int used = 0;
        long widest = 0;
        long seen = 0;
        int all = 0;
        for (KvCache cache : caches) {
            used = Math.max(used, (member(cache) + 1) * count);
            for (KvCache.Span span : spans(cache, first, count)) {
                widest = Math.max(widest, span.count());
                seen = Math.max(seen, span.start() + span.count());
                all += Math.toIntExact(span.count());
            }
        }
        int width = Math.toIntExact(widest);
        int[] writes = new int[all];
        int[] padded = new int[used * width];
        int[] back = new int[all];
        int[] last = new int[used * width]; // the last key that a row sees; rows that stand for none see the first
        int row = 0;
        for (KvCache cache : caches) {
            int member = member(cache);
            List<KvCache.Span> spans = spans(cache, first, count);
            for (int sequence = 0; sequence < spans.size(); sequence++) {
                KvCache.Span span = spans.get(sequence);
                for (int i = 0; i < span.count(); i++) {
                    int position = Math.toIntExact(span.start()) + i;
                    writes[row] = (member * sequences + first + sequence) * capacity + position;
                    back[row] = (member * count + sequence) * width + i;
                    padded[back[row]] = row;
                    last[back[row]] = position;
                    row++;
                }
            }
        }
        Tensor mask = mask(index(last).view(used, 1, width, 1), Math.toIntExact(seen));
        Tensor images = rows().unflatten(2, new long[] {members.length, sequences, capacity});
        Tensor slots = count == sequences ? images.flatten(2, 3) : images.select(3, first);
        return new Together(index(writes), index(padded), index(back), mask, slots);
    }

    private static List<KvCache.Span> spans(KvCache cache, int first, int count) {
        List<KvCache.Span> spans = cache.spans();
        return spans.subList(first, Math.min(first + count, spans.size()));
    }

    /**
     * Attention of a pass of a fixed shape: as many rows for every sequence of the first slots, one sequence's after the
     * other's. All keys are read and those behind a row masked, so that every row is computed alike, whatever the others
     * are. The tensors are read when attention runs: they may be filled anew before each pass.
     *
     * @param writes where the rows' keys go, {@code [sequences * width]} int64: the index of the sequence times {@link
     *     #capacity} plus a position; rows that nobody reads go to a position of their sequence that no row sees
     * @param last the last position that each row sees, of the same shape
     * @param width rows of each sequence
     */
    public AttentionContext fixed(Tensor writes, Tensor last, int width) {
        long used = writes.size(0) / width;
        Tensor slots = rows().unflatten(2, new long[] {slots(), capacity});
        return new Together(writes, null, null, mask(last.view(used, 1, width, 1), capacity), slots);
    }

    private Tensor index(int[] entries) {
        return Tensors.of(entries, entries.length).to(rows().device(), ScalarType.Long);
    }

    /**
     * 0 where a row may look and minus infinity elsewhere, {@code [sequences, 1, width, seen]}.
     *
     * @param last the last position that each row sees, {@code [sequences, 1, width, 1]}
     */
    private Tensor mask(Tensor last, int seen) {
        Tensor like = rows();
        Tensor hidden = torch.arange(new Scalar(seen), Tensors.options(ScalarType.Long, like.device()))
                .gt(last);
        return torch.zeros(
                        new long[] {last.size(0), 1, last.size(2), seen},
                        Tensors.options(like.scalar_type(), like.device()))
                .masked_fill_(hidden, new Scalar(Float.NEGATIVE_INFINITY));
    }

    /** One pass. */
    private final class Together implements AttentionContext {
        private final Tensor writes;
        private final @Nullable Tensor padded;
        private final @Nullable Tensor back;
        private final Tensor mask;
        private final TensorVector written;
        private final TensorVector seen;

        /**
         * @param writes where the rows' keys go
         * @param padded for every sequence, its rows and then any others up to the width; nothing if the rows are so already
         * @param back where among these each row is
         * @param mask {@code [sequences, 1, width, keys]}
         * @param slots the keys and values of at least so many sequences and keys, {@code [layers, 2 * key heads, ., .,
         *     headSize]}
         */
        Together(Tensor writes, @Nullable Tensor padded, @Nullable Tensor back, Tensor mask, Tensor slots) {
            this.writes = writes;
            this.padded = padded;
            this.back = back;
            this.mask = mask;
            written = rows().unbind(0);
            seen = slots.narrow(2, 0, mask.size(0))
                    .narrow(3, 0, mask.size(3))
                    .transpose(1, 2)
                    .unbind(0);
        }

        @Override
        public Tensor attend(int layer, Tensor q, Tensor kv) {
            ScalarType type = rows().scalar_type();
            written.get(layer).index_copy_(1, writes, kv.squeeze(0).to(type));
            Tensor fresh = q.squeeze(0).to(type);
            Tensor queries = (padded == null ? fresh : fresh.index_select(1, padded))
                    .unflatten(1, new long[] {mask.size(0), mask.size(2)})
                    .transpose(0, 1);
            Tensor all = seen.get(layer);
            Tensor attended = Attention.masked(queries, AttentionContext.keys(all), AttentionContext.values(all), mask)
                    .transpose(0, 1)
                    .flatten(1, 2);
            return (back == null ? attended : attended.index_select(1, back))
                    .unsqueeze(0)
                    .to(q.scalar_type());
        }
    }

    /** Frees the tensor; the caches in it must be closed. */
    @Override
    public void close() {
        if (rows != null) {
            rows.close();
        }
    }
}
