package org.sjd4j.llama;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.Tensors;

/**
 * The caches of several images in one tensor per layer, so that one call attends for all of them: with few rows for each,
 * calling attention costs more than attention. The keys and values of other images are masked.
 *
 * <p>All calls must come from the thread that owns the model.
 */
public final class SharedCache implements AutoCloseable {
    private static final int SEQUENCES = 2;

    private final @Nullable KvCache[] members;
    private final List<Tensor> keys = new ArrayList<>();
    private final List<Tensor> values = new ArrayList<>();
    private int capacity;

    /** @param images that may be here at once; memory is taken when the first one comes */
    public SharedCache(int images) {
        members = new KvCache[images];
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
            copyIn(cache, free, keys, values, capacity).run();
            members[free] = cache;
        }
    }

    /** New tensors {@code [key heads, slots * capacity, headSize]}, to which all caches move. */
    private void grow(KvCache largest) {
        var newKeys = new ArrayList<Tensor>();
        var newValues = new ArrayList<Tensor>();
        var moves = new ArrayList<Runnable>();
        try {
            for (int layer = 0; layer < largest.layers(); layer++) {
                newKeys.add(largest.zerosFor(slots()));
                newValues.add(largest.zerosFor(slots()));
            }
            for (int i = 0; i < members.length; i++) {
                KvCache member = members[i];
                if (member != null) {
                    moves.add(copyIn(member, i, newKeys, newValues, largest.capacity()));
                }
            }
        } catch (RuntimeException | Error e) { // memory was short: what is there goes at once, and nobody has moved
            newKeys.forEach(Tensor::close);
            newValues.forEach(Tensor::close);
            throw e;
        }
        moves.forEach(Runnable::run);
        keys.forEach(Tensor::close);
        keys.clear();
        keys.addAll(newKeys);
        values.forEach(Tensor::close);
        values.clear();
        values.addAll(newValues);
        capacity = largest.capacity();
    }

    private int slots() {
        return members.length * SEQUENCES;
    }

    private Runnable copyIn(KvCache cache, int member, List<Tensor> newKeys, List<Tensor> newValues, int newCapacity) {
        return cache.copy(
                () -> leave(cache),
                newKeys.stream().map(store -> slot(store, member, newCapacity)).toList(),
                newValues.stream()
                        .map(store -> slot(store, member, newCapacity))
                        .toList());
    }

    /** The part of a member, {@code [sequences, key heads, rows, headSize]}. */
    private Tensor slot(Tensor store, int member, int rows) {
        return store.unflatten(1, new long[] {slots(), rows})
                .narrow(1, (long) member * SEQUENCES, SEQUENCES)
                .transpose(0, 1);
    }

    /** Frees the slot of a cache. */
    private void leave(KvCache cache) {
        members[member(cache)] = null;
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
        int used = 0;
        long widest = 0;
        long seen = 0;
        for (KvCache cache : caches) {
            used = Math.max(used, (member(cache) + 1) * SEQUENCES);
            for (KvCache.Span span : cache.spans()) {
                widest = Math.max(widest, span.count());
                seen = Math.max(seen, span.start() + span.count());
            }
        }
        int width = Math.toIntExact(widest);
        int all = caches.stream()
                .flatMap(cache -> cache.spans().stream())
                .mapToInt(span -> Math.toIntExact(span.count()))
                .sum();
        int[] writes = new int[all];
        int[] padded = new int[used * width];
        int[] back = new int[all];
        int[] last = new int[used * width]; // the last key that a row sees; rows that stand for none see the first
        int row = 0;
        for (KvCache cache : caches) {
            int slot = member(cache) * SEQUENCES;
            for (KvCache.Span span : cache.spans()) {
                for (int i = 0; i < span.count(); i++) {
                    int position = Math.toIntExact(span.start()) + i;
                    writes[row] = slot * capacity + position;
                    back[row] = slot * width + i;
                    padded[back[row]] = row;
                    last[back[row]] = position;
                    row++;
                }
                slot++;
            }
        }
        return new Together(
                index(writes), index(padded), index(back), mask(last, used, width, Math.toIntExact(seen)), used, width);
    }

    private Tensor index(int[] entries) {
        return Tensors.of(entries, entries.length).to(keys.getFirst().device(), ScalarType.Long);
    }

    /** {@code [slots, 1, rows, keys]}. */
    private Tensor mask(int[] last, int used, int width, int seen) {
        Tensor like = keys.getFirst();
        Tensor hidden = torch.arange(new Scalar(seen), Tensors.options(ScalarType.Long, like.device()))
                .gt(index(last).view(used, 1, width, 1));
        return torch.zeros(new long[] {used, 1, width, seen}, Tensors.options(like.scalar_type(), like.device()))
                .masked_fill_(hidden, new Scalar(Float.NEGATIVE_INFINITY));
    }

    /**
     * One pass.
     *
     * @param writes where the rows' keys go
     * @param padded for every slot, its rows and then any others up to {@code width}
     * @param back where among these each row is
     * @param used slots up to the last one in use
     */
    private final class Together implements AttentionContext {
        private final Tensor writes;
        private final Tensor padded;
        private final Tensor back;
        private final Tensor mask;
        private final int used;
        private final int width;

        Together(Tensor writes, Tensor padded, Tensor back, Tensor mask, int used, int width) {
            this.writes = writes;
            this.padded = padded;
            this.back = back;
            this.mask = mask;
            this.used = used;
            this.width = width;
        }

        @Override
        public Tensor attend(int layer, Tensor q, Tensor k, Tensor v) {
            Tensor seenKeys = write(keys.get(layer), k);
            Tensor seenValues = write(values.get(layer), v);
            Tensor queries = q.squeeze(0)
                    .to(seenKeys.scalar_type())
                    .index_select(1, padded)
                    .unflatten(1, new long[] {used, width})
                    .transpose(0, 1);
            return Attention.masked(queries, seenKeys, seenValues, mask)
                    .transpose(0, 1)
                    .flatten(1, 2)
                    .index_select(1, back)
                    .unsqueeze(0)
                    .to(q.scalar_type());
        }

        private Tensor write(Tensor store, Tensor fresh) {
            store.index_copy_(1, writes, fresh.squeeze(0).to(store.scalar_type()));
            return store.unflatten(1, new long[] {slots(), capacity})
                    .narrow(1, 0, used)
                    .narrow(2, 0, mask.size(3))
                    .transpose(0, 1);
        }
    }

    /** Frees the tensors; the caches in it must be closed. */
    @Override
    public void close() {
        keys.forEach(Tensor::close);
        values.forEach(Tensor::close);
    }
}
