package org.sjd4j.generate;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.llama.SharedCache;
import org.sjd4j.tensor.PassThreads;
import org.sjd4j.tensor.PassThreads.Work;
import org.sjd4j.tensor.Tensors;

/**
 * One forward pass for several images of a model. Weights are read once for the rows of all, one image's after the
 * other's; each looks back on a cache of its own, so that images may stand at any place and come and go with any pass.
 */
public final class SharedPass {
    private SharedPass() {}

    /**
     * What one image feeds, as in {@link org.sjd4j.decode.ImageModel#step}.
     *
     * @param position image position that the first row predicts
     * @param rows at least one
     * @param guided leading rows that must get guidance
     */
    public record Part(ImageSession session, int position, List<Row> rows, int guided) {
        private int unconditionalRows() {
            return session.unconditionalRows(rows, guided);
        }

        /** Rows of the network that it takes, unconditional ones included. */
        public int count() {
            return rows.size() + unconditionalRows();
        }
    }

    /** The logits of a pass. */
    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    public record Logits(List<Part> parts, float[] values) {
        /**
         * The distributions of one image's rows, as {@link org.sjd4j.decode.ImageModel#step} gives them.
         *
         * @param index of the part
         * @throws org.sjd4j.decode.sampling.DecodingException if its logits are broken
         */
        public Distribution[] distributions(int index) {
            int first = 0;
            for (Part before : parts.subList(0, index)) {
                first += before.count();
            }
            Part part = parts.get(index);
            return part.session.distributions(part.position, part.rows.size(), part.unconditionalRows(), values, first);
        }
    }

    /**
     * Runs the pass. A pass that failed may be run again: caches are written by position.
     *
     * @param room where the caches of all parts are
     * @param parts at least one, all of the same loaded model
     */
    public static Logits run(SharedCache room, List<Part> parts) {
        long begin = System.nanoTime();
        long rows = parts.stream().mapToLong(Part::count).sum();
        long products =
                rows * parts.getFirst().session.network().stack().config().parameters();
        float[] values = PassThreads.current().run(Work.PASS, products, () -> values(room, parts));
        var logits = new Logits(List.copyOf(parts), values);
        long nanos = System.nanoTime() - begin;
        parts.forEach(part -> part.session.passed(nanos));
        return logits;
    }

    private static float[] values(SharedCache room, List<Part> parts) {
        ImageSession any = parts.getFirst().session;
        ImageTokenNetwork network = any.network();
        if (parts.stream().anyMatch(part -> part.session.network() != network)) {
            throw new IllegalArgumentException("images of different models cannot share a pass");
        }
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            int all = parts.stream().mapToInt(Part::count).sum();
            var rows = new ArrayList<Tensor>();
            var turns = new ArrayList<Tensor>();
            boolean[] noisy = new boolean[all];
            int from = 0;
            for (Part part : parts) {
                var fed = part.session.feed(part.position, part.rows, part.unconditionalRows(), false);
                rows.add(fed.rows());
                turns.add(fed.turns());
                System.arraycopy(fed.noisy(), 0, noisy, from, fed.noisy().length);
                from += fed.noisy().length;
            }
            Denoising denoising = any.denoising();
            Tensor hidden = network.stack()
                    .forward(
                            Tensors.cat(1, rows.toArray(Tensor[]::new)),
                            Tensors.cat(0, turns.toArray(Tensor[]::new)),
                            room.together(parts.stream()
                                    .map(part -> part.session.cache())
                                    .toList()),
                            denoising == null ? null : denoising.behind(noisy, any.device()));
            return Tensors.floats(network.logits(hidden));
        }
    }
}
