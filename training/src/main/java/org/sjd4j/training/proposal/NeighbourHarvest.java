package org.sjd4j.training.proposal;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Decoding;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Layout;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.tensor.Tensors;

/**
 * Generates images, and keeps the rows of their passes that a neighbour head would have been asked about: those whose left token
 * changed in the step. What they should have said is what the next pass says, whose row reads the changed token.
 */
final class NeighbourHarvest {
    /** Passes of an image whose rows are kept, about: enough of one image, for the next one teaches more. */
    private static final int PASSES = 100;

    private static final int TOKENS_A_STEP = 4;

    private final ImageSession session;
    private final RasterLayout layout;
    private final int ids;
    private final long seed;
    private final List<Change> changes = new ArrayList<>();
    private final List<Tensor> parts = new ArrayList<>();

    /** A row whose left token changed: what it read, what stands there and above now, and the position that it predicts. */
    private record Change(int position, int read, int left, int above) {}

    /**
     * A pass.
     *
     * @param position that its first row predicts
     * @param hidden its normalised rows {@code [branches, rows, hidden]}, float16 on the CPU
     */
    private record Pass(int position, List<Row> rows, Tensor hidden) {
        Row row(int position) {
            return rows.get(position - this.position);
        }
    }

    private NeighbourHarvest(ImageSession session, long seed) {
        this.session = session;
        this.layout = session.layout();
        this.ids = layout.codebookSize();
        this.seed = seed;
    }

    /**
     * Generates an image.
     *
     * @param session at its beginning; the caller closes it
     * @param decoder one without corrected rows
     * @return its rows in the current scope, on the CPU
     */
    static NeighbourRows of(ImageSession session, Decoder decoder, DecoderSettings settings, long seed) {
        return new NeighbourHarvest(session, seed).run(decoder.start(session, settings, seed));
    }

    /** The decoder of an image: every third one of a model that reads noise begins with noise. */
    static Decoder decoder(int image, boolean readsNoise) {
        return readsNoise && image % 3 == 2 ? Decoders.SJD2_EXACT : Decoders.SJD_EXACT;
    }

    private NeighbourRows run(Decoding decoding) {
        var random = new SplittableRandom(seed);
        double share = (double) PASSES * TOKENS_A_STEP / layout.length();
        Pass before = null;
        while (!decoding.done()) {
            int position = decoding.position();
            var rows = decoding.rows();
            var hidden = new Tensor[1];
            var p = session.step(
                    position,
                    rows,
                    normed -> hidden[0] =
                            Tensors.detached(normed.to(ScalarType.Half).cpu()));
            var pass = new Pass(position, rows, hidden[0]);
            if (before != null) {
                if (random.nextDouble() < share) {
                    compare(before, pass, decoding.preview());
                }
                before.hidden.close();
            }
            before = pass;
            decoding.advance(p);
        }
        if (before != null) {
            before.hidden.close();
        }
        return collect();
    }

    /** Keeps rows of a pass whose left token is another one in the next pass, which reads these tokens. */
    private void compare(Pass before, Pass next, int[] tokens) {
        int end = Math.min(before.position + before.rows.size(), next.position + next.rows.size());
        var changed = new ArrayList<Integer>();
        for (int at = Math.max(1, next.position); at < end; at++) {
            Row read = before.row(at);
            if (layout.forcedAt(at) == Layout.NONE
                    && layout.forcedAt(at - 1) == Layout.NONE
                    && next.row(at) instanceof Row.Token(int left)
                    && !next.row(at).equals(read)) {
                int code = read instanceof Row.Token(int id) ? code(id) : ids;
                changes.add(new Change(at, code, code(left), above(tokens, at)));
                changed.add(at);
            }
        }
        if (!changed.isEmpty()) {
            parts.add(Tensors.detached(Tensors.cat(0, select(before, changed), select(next, changed))));
        }
    }

    /** Rows of a pass with the prompt and without, {@code [2, n, hidden]}. */
    private static Tensor select(Pass pass, List<Integer> positions) {
        int[] rows = positions.stream().mapToInt(at -> at - pass.position).toArray();
        Tensor index = Tensors.of(rows, rows.length);
        Tensor hidden = pass.hidden;
        Tensor with = hidden.select(0, 0).index_select(0, index);
        Tensor without = hidden.select(0, hidden.size(0) - 1).index_select(0, index);
        return torch.stack(Tensors.list(with, without), 0);
    }

    private int code(int id) {
        return id - layout.firstImageId();
    }

    private int above(int[] tokens, int position) {
        int above = layout.aboveNeighbour(position);
        return above == Layout.NONE ? ids : code(tokens[above]);
    }

    private NeighbourRows collect() {
        int hidden = session.network().stack().config().hidden();
        Tensor all = parts.isEmpty()
                ? Tensors.of(new float[0], 4, 0, hidden).to(ScalarType.Half)
                : Tensors.cat(1, parts.toArray(Tensor[]::new));
        parts.forEach(Tensor::close);
        return new NeighbourRows(
                all.select(0, 0),
                all.select(0, 1),
                all.select(0, 2),
                all.select(0, 3),
                NeighbourRows.ints(changes.stream().map(Change::read).toList()),
                NeighbourRows.ints(changes.stream().map(Change::left).toList()),
                NeighbourRows.ints(changes.stream().map(Change::above).toList()),
                NeighbourRows.ints(changes.stream().map(Change::position).toList()),
                Tensors.of(changes.stream().mapToLong(_ -> seed).toArray(), changes.size()));
    }
}
