package org.sjd4j.generate;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.llama.SharedCache;
import org.sjd4j.tensor.PassThreads;
import org.sjd4j.tensor.PassThreads.Work;
import org.sjd4j.tensor.Tensors;

/**
 * One forward pass for several images of a model. Weights are read once for the rows of all, one image's after the
 * other's. Each attends to a cache of its own, so that images may stand at any position and come and go with any pass.
 */
public final class SharedPass {
    private SharedPass() {}

    /**
     * The rows of one image, as in {@link org.sjd4j.decode.ImageModel#step}.
     *
     * @param position image position that the first row predicts
     * @param rows at least one
     */
    public record Part(ImageSession session, int position, List<Row> rows) {
        /** Rows of the network that it takes, unconditional ones included. */
        public int count() {
            return rows.size() * session.branches();
        }
    }

    /** The logits of a pass. */
    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    private record Logits(List<Part> parts, float[] values) implements PassLogits {
        @Override
        public Distribution[] distributions(int index) {
            int first = parts.subList(0, index).stream().mapToInt(Part::count).sum();
            Part part = parts.get(index);
            return part.session.distributions(part.position, part.rows.size(), values, first);
        }
    }

    /**
     * Runs the pass. A pass that failed may be run again: caches are written by position.
     *
     * @param shared holds the caches of all parts
     * @param parts at least one, all of the same loaded model
     */
    public static PassLogits run(SharedCache shared, List<Part> parts) {
        long begin = System.nanoTime();
        long rows = parts.stream().mapToLong(Part::count).sum();
        long products =
                rows * parts.getFirst().session.network().stack().config().parameters();
        boolean halves = parts.stream().allMatch(part -> part.session.branches() == 2)
                && parts.getFirst().session.device().is_cpu();
        float[] values = halves
                ? PassThreads.current()
                        .run(Work.PASS, products, () -> values(shared, parts), () -> valuesSideBySide(shared, parts))
                : PassThreads.current().run(Work.PASS, products, () -> values(shared, parts));
        var logits = new Logits(List.copyOf(parts), values);
        long nanos = System.nanoTime() - begin;
        parts.forEach(part -> part.session.passed(nanos));
        return logits;
    }

    static float[] values(SharedCache shared, List<Part> parts) {
        requireOneModel(parts);
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            var input = PassInput.joined(parts.stream()
                    .map(part -> part.session.input(part.position, part.rows))
                    .toList());
            var caches = parts.stream().map(part -> part.session.cache()).toList();
            return Tensors.floats(parts.getFirst().session.outputs(input, shared.together(caches)));
        }
    }

    /** As {@link #values}, with the conditional rows of all parts on this thread and the unconditional ones on its partner. */
    static float[] valuesSideBySide(SharedCache shared, List<Part> parts) {
        requireOneModel(parts);
        ImageSession any = parts.getFirst().session;
        int width = any.outputWidth();
        float[] values = new float[parts.stream().mapToInt(Part::count).sum() * width];
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            var caches = parts.stream().map(part -> part.session.cache()).toList();
            var inputs = parts.stream()
                    .map(part -> part.session.inputs(part.position, part.rows))
                    .toList();
            ImageSession.bothBranches(branch -> {
                var input = PassInput.joined(
                        inputs.stream().map(branches -> branches.get(branch)).toList());
                Tensor outputs = any.outputs(input, shared.sequence(caches, branch));
                int from = 0;
                for (Part part : parts) {
                    int count = part.rows.size();
                    Tensors.copy(outputs.narrow(1, from, count), values, (2 * from + branch * count) * width);
                    from += count;
                }
            });
        }
        return values;
    }

    private static void requireOneModel(List<Part> parts) {
        if (parts.stream().map(part -> part.session.network()).distinct().count() > 1) {
            throw new IllegalArgumentException("images of different models cannot share a pass");
        }
    }
}
