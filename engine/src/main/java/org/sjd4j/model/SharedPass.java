package org.sjd4j.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.decode.Distribution;
import org.sjd4j.decode.Row;
import org.sjd4j.tensor.Tensors;

/**
 * One forward pass for several pictures of a model. Weights are read once for the rows of all, one picture's after the
 * other's; each looks back on a cache of its own, so that pictures may stand at any place and come and go with any pass.
 */
public final class SharedPass {
    private SharedPass() {}

    /**
     * What one picture feeds, as in {@link org.sjd4j.decode.ImageModel#step}.
     *
     * @param position image position that the first row predicts
     * @param rows at least one
     * @param guided leading rows that must get guidance
     */
    public record Part(PictureSession session, int position, List<Row> rows, int guided) {
        private int twins() {
            return session.twins(rows, guided);
        }

        private int count() {
            return rows.size() + twins();
        }
    }

    /** The logits of a pass. */
    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    public record Logits(List<Part> parts, float[] values) {
        /**
         * The distributions of one picture's rows, as {@link org.sjd4j.decode.ImageModel#step} gives them.
         *
         * @param index of the part
         * @throws org.sjd4j.decode.DecodingException if its logits are broken
         */
        public Distribution[] distributions(int index) {
            int first = 0;
            for (Part before : parts.subList(0, index)) {
                first += before.count();
            }
            Part part = parts.get(index);
            return part.session.distributions(part.position, part.rows.size(), part.twins(), values, first);
        }
    }

    /**
     * Runs the pass. A pass that failed may be run again: caches are written by position.
     *
     * @param parts at least one, all of the same loaded model
     */
    public static Logits run(List<Part> parts) {
        long begin = System.nanoTime();
        var logits = new Logits(List.copyOf(parts), values(parts));
        long nanos = System.nanoTime() - begin;
        parts.forEach(part -> part.session.passed(nanos));
        return logits;
    }

    private static float[] values(List<Part> parts) {
        PictureSession any = parts.getFirst().session;
        ImageTokenNetwork network = any.network();
        if (parts.stream().anyMatch(part -> part.session.network() != network)) {
            throw new IllegalArgumentException("pictures of different models cannot share a pass");
        }
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            int all = parts.stream().mapToInt(Part::count).sum();
            var rows = new ArrayList<Tensor>();
            var turns = new ArrayList<Tensor>();
            boolean[] noisy = new boolean[all];
            int from = 0;
            for (Part part : parts) {
                var fed = part.session.feed(part.position, part.rows, part.twins(), false);
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
                            context(parts),
                            denoising == null ? null : denoising.behind(noisy, any.device()));
            return Tensors.floats(network.logits(hidden));
        }
    }

    /** One call for all parts where their caches share a room, else one for each. */
    private static AttentionContext context(List<Part> parts) {
        var caches = parts.stream().map(part -> part.session.cache()).toList();
        SharedCache home = caches.getFirst().home();
        if (home == null || caches.stream().anyMatch(cache -> cache.home() != home)) {
            return new Caches(parts);
        }
        return home.together(caches);
    }

    /** The caches of the parts, each for its own rows. */
    private record Caches(List<Part> parts) implements AttentionContext {
        @Override
        public Tensor attend(int layer, Tensor q, Tensor k, Tensor v) {
            var attended = new Tensor[parts.size()];
            long from = 0;
            for (int i = 0; i < attended.length; i++) {
                Part part = parts.get(i);
                long count = part.count();
                attended[i] = part.session
                        .cache()
                        .attend(layer, q.narrow(2, from, count), k.narrow(2, from, count), v.narrow(2, from, count));
                from += count;
            }
            return Tensors.cat(2, attended);
        }
    }
}
