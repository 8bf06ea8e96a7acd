package org.sjd4j.generate;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.llama.SharedCache;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.Tensors;

/**
 * What passes of fixed shapes read of their images, in tensors that stay where they are: keys and values, and for each
 * position of an image its rotation and what is added to its row. Each image has a slot; those in use are the first ones.
 */
final class FixedStore implements AutoCloseable {
    /** Keys of a sequence are a multiple of this, one row that nobody sees included. */
    private static final int KEYS = 256;

    private final SharedCache cache;
    private final int branches;
    private final int length;
    private final NativeMemory<Tables> memory;
    private final Size size;

    /**
     * What does not change while an image is generated.
     *
     * @param starts the row that predicts the first token, {@code [sequences, hidden]}
     * @param rotations {@code [sequences * length, 1, headSize / 2]}
     * @param contexts what is added to rows, {@code [sequences * length, hidden]}; or nothing
     */
    private record Tables(
            Tensor starts, Tensor rotations, @Nullable Tensor contexts) {
        List<Tensor> all() {
            return contexts == null ? List.of(starts, rotations) : List.of(starts, rotations, contexts);
        }
    }

    /** What a store must have room for. */
    record Size(int images, int branches, int rows, int length) {
        /** The room that a session needs. */
        static Size of(ImageSession session, int images, int branches) {
            return new Size(images, branches, session.cacheRows(), session.length());
        }

        Size and(Size other) {
            return new Size(
                    Math.max(images, other.images),
                    Math.max(branches, other.branches),
                    Math.max(rows, other.rows),
                    Math.max(length, other.length));
        }
    }

    /** An empty store. {@code like} is an image of the model. */
    FixedStore(Size size, ImageSession like) {
        this.size = size;
        this.branches = size.branches();
        this.length = size.length();
        cache = new SharedCache(size.images(), branches, (size.rows() / KEYS + 1) * KEYS);
        long sequences = (long) size.images() * branches;
        var config = like.network().stack().config();
        boolean context = like.branch(0).context() != null;
        memory = NativeMemory.of(() -> new Tables(
                zeros(ScalarType.Float, like.device(), sequences, config.hidden()),
                zeros(ScalarType.ComplexFloat, like.device(), sequences * length, 1, config.headSize() / 2),
                context ? zeros(ScalarType.Float, like.device(), sequences * length, config.hidden()) : null));
        try {
            like.reserve(cache);
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    private static Tensor zeros(ScalarType type, Device device, long... shape) {
        return torch.zeros(shape, Tensors.options(type, device));
    }

    Size size() {
        return size;
    }

    /** Sequences of each image. */
    int branches() {
        return branches;
    }

    /** Moves an image to the first free slot, which is {@code slot}. */
    void put(ImageSession session, int slot) {
        session.share(cache);
        Tables tables = memory.contents();
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            for (int i = 0; i < session.branches(); i++) {
                Branch branch = session.branch(i);
                long sequence = (long) slot * branches + i;
                tables.starts.narrow(0, sequence, 1).copy_(branch.start().view(1, -1));
                tables.rotations
                        .narrow(0, sequence * length, branch.rotations().size(0))
                        .copy_(branch.rotations());
                if (tables.contexts != null && branch.context() != null) {
                    Tensor context = branch.context();
                    tables.contexts
                            .narrow(0, sequence * length, context.size(1))
                            .copy_(context.squeeze(0));
                }
            }
        }
    }

    /** Moves the last image to the slot of one that has left, if it was not the last. Returns whether one moved. */
    boolean closeGap() {
        var move = cache.closeGap();
        move.ifPresent(moved -> {
            try (var scope = new PointerScope();
                    var guard = new NoGradGuard()) {
                for (Tensor table : memory.contents().all()) {
                    long rows = table.size(0) / size.images();
                    table.narrow(0, moved.to() * rows, rows).copy_(table.narrow(0, moved.from() * rows, rows));
                }
            }
        });
        return move.isPresent();
    }

    /** The index in the tables of a position of a sequence. */
    long tableIndex(int sequence, int position) {
        return (long) sequence * length + position;
    }

    /** The index in the cache of a row of a sequence. */
    long cacheIndex(int sequence, long row) {
        return (long) sequence * cache.capacity() + row;
    }

    /** The index in the cache of the row of a sequence that nobody sees. */
    long spareIndex(int sequence) {
        return cacheIndex(sequence, cache.capacity() - 1);
    }

    SharedCache cache() {
        return cache;
    }

    /** The rows that predict the first tokens, {@code [images, branches, 1, hidden]}. */
    Tensor starts(int images) {
        Tensor starts = memory.contents().starts;
        return starts.narrow(0, 0, (long) images * branches).view(images, branches, 1, starts.size(1));
    }

    /** Rotations of rows by {@link #tableIndex}. */
    Tensor rotations(Tensor indices) {
        return memory.contents().rotations.index_select(0, indices);
    }

    /** Rows {@code [1, rows, hidden]} with what is added to them, by {@link #tableIndex}. */
    Tensor withContext(Tensor rows, Tensor indices) {
        Tensor contexts = memory.contents().contexts;
        return contexts == null ? rows : rows.add(contexts.index_select(0, indices));
    }

    @Override
    public void close() {
        cache.close();
        memory.close();
    }
}
