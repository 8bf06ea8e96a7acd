package org.sjd4j.training.proposal;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
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
 * Generates images, and keeps the rows of their passes that a neighbour head would have been asked about: those whose left
 * token changed in the step, or in the end.
 */
final class NeighbourHarvest {
    /** Passes of an image whose rows are kept, about: enough of one image, for the next one teaches more. */
    private static final int PASSES = 100;

    private static final int TOKENS_A_STEP = 4;

    private final ImageSession session;
    private final RasterLayout layout;
    private final int ids;
    private final long seed;
    private final List<Pending> pending = new ArrayList<>();
    private final List<Tensor> kept = new ArrayList<>();

    /**
     * A row of a pass, before it is known what it should have said.
     *
     * @param pass index of the kept rows
     * @param index of the row among them
     */
    private record Pending(int pass, int index, int position, int read, int left, int above) {}

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
        var harvest = new NeighbourHarvest(session, seed);
        try {
            return harvest.run(decoder.start(session, settings, seed));
        } finally {
            harvest.kept.forEach(Tensor::close);
        }
    }

    /** The decoder of an image: every third one of a model that reads noise begins with noise. */
    static Decoder decoder(int image, boolean readsNoise) {
        return readsNoise && image % 3 == 2 ? Decoders.SJD2_EXACT : Decoders.SJD_EXACT;
    }

    private NeighbourRows run(Decoding decoding) {
        var random = new SplittableRandom(seed);
        double share = (double) PASSES * TOKENS_A_STEP / layout.length();
        while (!decoding.done()) {
            int position = decoding.position();
            var rows = decoding.rows();
            boolean keep = random.nextDouble() < share;
            var hidden = new Tensor[1];
            decoding.advance(session.step(position, rows, normed -> {
                if (keep) {
                    hidden[0] = Tensors.detached(normed.to(ScalarType.Half).cpu());
                }
            }));
            if (keep) {
                kept.add(hidden[0]);
                remember(position, rows, decoding);
            }
        }
        return collect(decoding.decoded().tokens());
    }

    private void remember(int position, List<Row> rows, Decoding decoding) {
        int[] tokens = decoding.preview();
        for (int at = Math.max(1, decoding.position()); at < position + rows.size(); at++) {
            if (layout.forcedAt(at) != Layout.NONE || layout.forcedAt(at - 1) != Layout.NONE) {
                continue;
            }
            int index = at - position;
            int read = rows.get(index) instanceof Row.Token(int id) ? code(id) : ids;
            pending.add(new Pending(kept.size() - 1, index, at, read, code(tokens[at - 1]), above(tokens, at)));
        }
    }

    private int code(int id) {
        return id - layout.firstImageId();
    }

    private int above(int[] tokens, int position) {
        int above = layout.aboveNeighbour(position);
        return above == Layout.NONE ? ids : code(tokens[above]);
    }

    private NeighbourRows collect(int[] tokens) {
        var used = pending.stream()
                .filter(row -> row.read != row.left || row.read != code(tokens[row.position - 1]))
                .toList();
        var with = new ArrayList<Tensor>();
        var without = new ArrayList<Tensor>();
        for (int pass = 0; pass < kept.size(); pass++) {
            int number = pass;
            int[] rows = used.stream()
                    .filter(row -> row.pass == number)
                    .mapToInt(Pending::index)
                    .toArray();
            if (rows.length > 0) {
                Tensor index = Tensors.of(rows, rows.length);
                Tensor hidden = kept.get(pass);
                with.add(hidden.select(0, 0).index_select(0, index));
                without.add(hidden.select(0, hidden.size(0) - 1).index_select(0, index));
            }
        }
        return new NeighbourRows(
                joined(with),
                joined(without),
                NeighbourRows.ints(used.stream().map(Pending::read).toList()),
                NeighbourRows.ints(used.stream().map(Pending::left).toList()),
                NeighbourRows.ints(used.stream().map(Pending::above).toList()),
                NeighbourRows.ints(
                        used.stream().map(row -> code(tokens[row.position - 1])).toList()),
                NeighbourRows.ints(
                        used.stream().map(row -> above(tokens, row.position)).toList()),
                NeighbourRows.ints(
                        used.stream().map(row -> code(tokens[row.position])).toList()),
                NeighbourRows.ints(used.stream().map(Pending::position).toList()),
                Tensors.of(used.stream().mapToLong(_ -> seed).toArray(), used.size()));
    }

    private Tensor joined(List<Tensor> parts) {
        return parts.isEmpty()
                ? Tensors.of(new float[0], 0, session.network().stack().config().hidden())
                        .to(ScalarType.Half)
                : Tensors.cat(0, parts.toArray(Tensor[]::new));
    }
}
