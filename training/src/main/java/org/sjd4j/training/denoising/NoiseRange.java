package org.sjd4j.training.denoising;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.llama.Denoising;
import org.sjd4j.tensor.Tensors;

/**
 * The range of noise that is worth reading for a table of codes. Below some ratio of noise to signal a noisy embedding
 * still tells its code, and far above it tells nothing; where it turns is measured, because the embeddings of published
 * models spread in far fewer directions than they have channels.
 */
final class NoiseRange {
    private static final int SAMPLE = 128;
    private static final double CONFUSED = 0.05;
    private static final double BELOW = 6;
    private static final double ABOVE = 8;

    /** The ratios to try are two to the power of a quarter of the numbers between these. */
    private static final int LEAST = -16;

    private static final int MOST = 28;
    private static final double STEPS = 4;

    private final Tensor table;
    private final Tensor lengths;
    private final Tensor chosen;
    private final Tensor noise;

    private NoiseRange(Tensor table, long seed) {
        this.table = table;
        torch.manual_seed(seed);
        long sample = Math.min(SAMPLE, table.size(0));
        lengths = table.square().sum(new long[] {1}, false, new ScalarTypeOptional());
        chosen = torch.randperm(table.size(0)).narrow(0, 0, sample).to(table.device(), ScalarType.Long);
        noise = torch.randn(sample, table.size(1)).to(table.device(), ScalarType.Float);
    }

    /**
     * The range for the embeddings {@code [codes, n]} of a table.
     *
     * @param rank of the adapter that will read the noise
     */
    static Denoising.Config measure(Tensor table, int rank, long seed) {
        double turning = Tensors.inference(() -> {
            Tensor codes = table.to(ScalarType.Float);
            Tensor centred = codes.sub(codes.mean(0));
            Tensor deviation = centred.square()
                    .mean(new long[] {0}, false, new ScalarTypeOptional())
                    .sqrt()
                    .clamp_min(new Scalar(1e-4));
            return new NoiseRange(centred.div(deviation), seed).turning();
        });
        return new Denoising.Config(rank, turning / BELOW, turning * ABOVE);
    }

    /** The highest of the ratios at which few codes are taken for others. */
    private double turning() {
        Tensor distinct = right(ratio(LEAST)); // those that some other one equals tell nothing
        double all = distinct.sum().item_double();
        int low = LEAST;
        int high = MOST;
        while (low < high) {
            int middle = Math.ceilDiv(low + high, 2);
            double still = right(ratio(middle)).mul(distinct).sum().item_double();
            if (all - still <= CONFUSED * all) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return ratio(low);
    }

    private static double ratio(int step) {
        return Math.pow(2, step / STEPS);
    }

    /** For every chosen code 1 if it is the one nearest to itself under this much noise, and 0 otherwise. */
    private Tensor right(double ratio) {
        return Tensors.keep(() -> {
            Tensor noisy = table.index_select(0, chosen).add(noise, new Scalar(ratio));
            Tensor nearest = lengths.sub(noisy.matmul(table.t()), new Scalar(2)).argmin(new LongOptional(1), false);
            return nearest.eq(chosen).to(ScalarType.Float);
        });
    }
}
