package org.sjd4j.generate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntBinaryOperator;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.LargestLogits;

/**
 * Passes of a few fixed shapes for the images of one model: each has the same number of rows, divided among 1, 2, 4, ...
 * images. What a window leaves over is padded, so that a row's numbers do not depend on the window that it is in, and on a
 * GPU a pass is one graph.
 *
 * <p>A row's last bits may depend on how many branches and keys the store has room for, which grows when an image needs more:
 * see {@link #expect}. They may also depend on how many images there are, unless {@code rows} is a power of two.
 *
 * <p>All calls must come from the thread that owns the model.
 */
public final class FixedPasses implements AutoCloseable {
    /** Rows of so few logits leave the device whole: that takes less than selecting the largest ones. */
    private static final int FEW_LOGITS = 4096;

    /** Shapes that are kept: those that were used last. */
    private static final int MOST_SHAPES = 16;

    private final int rows;
    private final IntBinaryOperator selection;
    private final List<ImageSession> members = new ArrayList<>();
    private final Map<FixedPass.Shape, FixedPass> passes = new LinkedHashMap<>(16, 0.75f, true);
    private int leastImages = 1;
    private int leastBranches = 1;
    private @Nullable FixedStore store;

    /**
     * Passes of a model's images; memory is taken when the first one comes.
     *
     * @param rows of a pass, over all images, unconditional ones not counted; at least 1
     */
    public FixedPasses(int rows) {
        this(rows, FixedPasses::selected);
    }

    /** @param selection how many logits are selected, or 0 for all, if so many would be enough of so many */
    FixedPasses(int rows, IntBinaryOperator selection) {
        if (rows < 1) {
            throw new IllegalArgumentException("a pass needs at least 1 row, found " + rows);
        }
        this.rows = rows;
        this.selection = selection;
    }

    /**
     * Says what will come, so that memory is taken once and passes keep their shape.
     *
     * @param images at once
     * @param branches of an image: 2 with guidance
     */
    public void expect(int images, int branches) {
        leastImages = Math.max(leastImages, slots(images));
        leastBranches = Math.max(leastBranches, branches);
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
        int slots = Math.max(leastImages, slots(members.size() + 1));
        var needed = FixedStore.Size.of(session, slots, Math.max(leastBranches, session.branches()));
        FixedStore current = store;
        if (current == null || !current.size().and(needed).equals(current.size())) {
            current = rebuild(current == null ? needed : current.size().and(needed), session);
        }
        current.put(session, members.size());
        members.add(session);
        session.runBy(this);
    }

    private FixedStore rebuild(FixedStore.Size size, ImageSession like) {
        var larger = new FixedStore(size, like); // all memory that moving takes
        for (int i = 0; i < members.size(); i++) {
            larger.put(members.get(i), i);
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
        boolean moved = store.closeGap();
        int last = members.size() - 1;
        if (moved != (slot < last)) {
            throw new IllegalStateException("the slots of images and of their caches differ");
        }
        if (moved) {
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
        int enough = 1;
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
            enough = Math.max(enough, LargestLogits.enough(session.sampling(), ids));
            now.add(new FixedPass.Part(slot(session), session, part.position() + from, some));
            owners.add(i);
        }
        var shape = new FixedPass.Shape(slots(members.size()), width, noisy, selection.applyAsInt(enough, ids));
        long nanos = pass(shape).run(now, (index, logits) -> {
            FixedPass.Part part = now.get(index);
            outcomes[owners.get(index)].put(from, part, logits);
        });
        now.forEach(part -> part.session().passed(nanos));
    }

    /** A power of two, as each number is a shape of its own; 0 where all are few or not many more. */
    private static int selected(int enough, int ids) {
        int rounded = slots(enough);
        return ids <= FEW_LOGITS || rounded > ids / 2 ? 0 : rounded;
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
            if (passes.size() == MOST_SHAPES) {
                var oldest = passes.values().iterator();
                oldest.next().close();
                oldest.remove();
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
                        .distributions(part.position(), part.rows().size(), logits, from == 0);
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
