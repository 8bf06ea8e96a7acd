package org.sjd4j.generate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.LargestLogits;

/**
 * Passes of a few fixed shapes for the images of one model: each has the same number of rows, divided among 1, 2, 4, ...
 * images. What a window leaves over is padded, so that a row's numbers do not depend on the window that it is in, and on a
 * GPU a pass is one graph.
 *
 * <p>All calls must come from the thread that owns the model.
 */
public final class FixedPasses implements AutoCloseable {
    /** Rows of so few logits leave the device whole: that takes less than selecting the largest ones. */
    private static final int FEW_LOGITS = 4096;

    private final int rows;
    private final int fewLogits;
    private final List<ImageSession> members = new ArrayList<>();
    private final Map<FixedPass.Shape, FixedPass> passes = new HashMap<>();
    private @Nullable FixedStore store;

    /**
     * Passes of a model's images; memory is taken when the first one comes.
     *
     * @param rows of a pass, over all images, unconditional ones not counted; at least 1
     */
    public FixedPasses(int rows) {
        this(rows, FEW_LOGITS);
    }

    /** @param fewLogits rows of so many logits leave the device whole */
    FixedPasses(int rows, int fewLogits) {
        if (rows < 1) {
            throw new IllegalArgumentException("a pass needs at least 1 row, found " + rows);
        }
        this.rows = rows;
        this.fewLogits = fewLogits;
    }

    /** Rows that each of so many images has in a pass. */
    public int width(int images) {
        return Math.max(1, rows / slots(images));
    }

    /** The least power of two that is not less. */
    private static int slots(int images) {
        return images == 1 ? 1 : Integer.highestOneBit(images - 1) * 2;
    }

    /**
     * Takes an image in, until its session is closed: its passes go through here from now on.
     *
     * @throws RuntimeException if memory is short; then nothing has changed
     */
    public void admit(ImageSession session) {
        if (!members.isEmpty() && members.getFirst().network() != session.network()) {
            throw new IllegalArgumentException("images of different models cannot share a pass");
        }
        var needed = FixedStore.Size.of(session, slots(members.size() + 1));
        FixedStore current = store;
        if (current == null || !current.size().and(needed).equals(current.size())) {
            current = rebuild(current == null ? needed : current.size().and(needed), session);
        }
        current.put(session, members.size());
        members.add(session);
        session.runBy(this);
    }

    private FixedStore rebuild(FixedStore.Size size, ImageSession like) {
        FixedStore larger;
        try (var scope = new PointerScope()) {
            larger = new FixedStore(size, like);
        }
        try {
            for (int i = 0; i < members.size(); i++) {
                larger.put(members.get(i), i);
            }
        } catch (RuntimeException | Error e) {
            larger.close();
            throw e;
        }
        forgetPasses();
        if (store != null) {
            store.close();
        }
        store = larger;
        return larger;
    }

    private void forgetPasses() {
        passes.values().forEach(FixedPass::close);
        passes.clear();
    }

    /** Gives up the slot of an image whose cache is closed. */
    void left(ImageSession session) {
        int slot = members.indexOf(session);
        if (slot < 0 || store == null) {
            return;
        }
        int last = members.size() - 1;
        if (store.closeGap()) {
            members.set(slot, members.get(last));
        }
        members.removeLast();
    }

    /**
     * Runs a pass, or several if a window has more rows than fit.
     *
     * @param parts at least one, of different images that were admitted
     */
    public PassLogits run(List<SharedPass.Part> parts) {
        var outcomes = new Outcome[parts.size()];
        int width = width(members.size());
        int longest = 0;
        for (int i = 0; i < outcomes.length; i++) {
            outcomes[i] = new Outcome(parts.get(i).rows().size());
            longest = Math.max(longest, outcomes[i].p.length);
        }
        for (int from = 0; from < longest; from += width) {
            run(parts, from, width, outcomes);
        }
        return index -> outcomes[index].get();
    }

    /** The rows of all windows from {@code from} on that fit into a pass. */
    private void run(List<SharedPass.Part> parts, int from, int width, Outcome[] outcomes) {
        var now = new ArrayList<FixedPass.Part>();
        var owners = new ArrayList<Integer>();
        int count = 0;
        boolean noisy = false;
        int ids = parts.getFirst().session().layout().codebookSize();
        for (int i = 0; i < parts.size(); i++) {
            SharedPass.Part part = parts.get(i);
            if (from >= part.rows().size()) {
                continue;
            }
            ImageSession session = part.session();
            List<Row> some =
                    part.rows().subList(from, Math.min(from + width, part.rows().size()));
            noisy |= some.stream().anyMatch(Row.Noisy.class::isInstance);
            count = Math.max(count, LargestLogits.enough(session.sampling(), ids));
            now.add(new FixedPass.Part(slot(session), session, part.position() + from, some));
            owners.add(i);
        }
        var shape = new FixedPass.Shape(
                slots(members.size()), width, noisy, ids <= fewLogits || count > ids / 2 ? 0 : count);
        long begin = System.nanoTime();
        pass(shape).run(now, (index, logits) -> {
            FixedPass.Part part = now.get(index);
            part.session().passed(System.nanoTime() - begin);
            outcomes[owners.get(index)].put(from, part, logits);
        });
    }

    private int slot(ImageSession session) {
        int slot = members.indexOf(session);
        if (slot < 0) {
            throw new IllegalArgumentException("an image was not admitted to these passes");
        }
        return slot;
    }

    private FixedPass pass(FixedPass.Shape shape) {
        FixedPass pass = passes.get(shape);
        if (pass == null) {
            if (store == null) {
                throw new IllegalStateException("no image was admitted");
            }
            pass = new FixedPass(shape, store, members.getFirst());
            passes.put(shape, pass);
        }
        return pass;
    }

    /** What became of the rows of an image. */
    private static final class Outcome {
        private final Distribution[] p;
        private @Nullable RuntimeException failure;

        Outcome(int rows) {
            p = new Distribution[rows];
        }

        void put(int from, FixedPass.Part part, SelectedLogits logits) {
            try {
                Distribution[] some = part.session()
                        .distributions(part.position(), part.rows().size(), logits);
                System.arraycopy(some, 0, p, from, some.length);
            } catch (RuntimeException e) { // the other images go on
                failure = failure == null ? e : failure;
            }
        }

        Distribution[] get() {
            if (failure != null) {
                throw failure;
            }
            return p;
        }
    }

    /** Frees everything; sessions must be closed. */
    @Override
    public void close() {
        forgetPasses();
        if (store != null) {
            store.close();
        }
    }
}
