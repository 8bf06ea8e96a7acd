package org.sjd4j.vision;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/** The vectors that codes stand for, and the search for the nearest of them. */
final class Codebook {
    /** Latents compared at a time: with 32768 codes, 128 MiB of distances. */
    private static final long LATENTS = 1024;

    private static final double LEAST_LENGTH = 1e-12;

    private final Tensor vectors;
    private final boolean unit;

    /**
     * The codebook {@code quantize.embedding.weight} below these weights.
     *
     * @param unit whether vectors and latents are compared and used at unit length
     */
    Codebook(Weights weights, boolean unit) {
        Weights at = weights.at("quantize");
        long[] shape = at.shape("embedding.weight");
        if (shape[0] < 1 || shape[shape.length - 1] < 1) {
            throw at.mismatch("embedding.weight", "at least one code");
        }
        Tensor table = at.get("embedding.weight", shape[0], shape[shape.length - 1]);
        this.vectors = unit ? unit(table, 1) : table;
        this.unit = unit;
    }

    /** Number of vectors. */
    int codes() {
        return Math.toIntExact(vectors.size(0));
    }

    /** Channels of a vector. */
    int width() {
        return Math.toIntExact(vectors.size(1));
    }

    /** The vectors of codes {@code [batch, lines, columns]} as latents {@code [batch, width, lines, columns]}. */
    Tensor lookup(Tensor codes) {
        return vectors.index_select(0, codes.reshape(-1))
                .view(codes.size(0), codes.size(1), codes.size(2), width())
                .permute(0, 3, 1, 2)
                .contiguous();
    }

    /** The nearest codes of latents {@code [batch, width, lines, columns]} by Euclidean distance. */
    Tensor nearest(Tensor latents) {
        Tensor rows = (unit ? unit(latents, 1) : latents).permute(0, 2, 3, 1).reshape(-1, width());
        Tensor lengths = vectors.square().sum(new long[] {1}, false, new ScalarTypeOptional());
        List<Tensor> found = new ArrayList<>();
        for (long from = 0; from < rows.size(0); from += LATENTS) {
            Tensor some = rows.narrow(0, from, Math.min(LATENTS, rows.size(0) - from));
            found.add(Tensors.keep(() -> {
                Tensor products = some.matmul(vectors.t());
                return lengths.sub(products, new Scalar(2)).argmin(new LongOptional(1), false);
            }));
        }
        return Tensors.cat(0, found.toArray(Tensor[]::new)).view(latents.size(0), latents.size(2), latents.size(3));
    }

    private static Tensor unit(Tensor x, int dimension) {
        Tensor length = x.square()
                .sum(new long[] {dimension}, true, new ScalarTypeOptional())
                .sqrt();
        return x.div(length.clamp_min(new Scalar(LEAST_LENGTH)));
    }
}
