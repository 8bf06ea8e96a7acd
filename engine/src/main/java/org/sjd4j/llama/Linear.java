package org.sjd4j.llama;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The matrix product of rows and weights, in the order of its operands that is faster for their number. */
public final class Linear {
    /** What one image ever has in a pass, with room to spare; batches of training have more. */
    private static final long FEW_ROWS = 512;

    private Linear() {}

    /**
     * {@code x wᵀ}. For a few rows in float32 on a CPU as {@code (w xᵀ)ᵀ}, which MKL computes in half to four fifths of
     * the time. The result is a transposed view then: what needs neighbouring channels next to each other in memory asks
     * for a contiguous copy.
     *
     * @param x {@code [..., in]}
     * @param weight {@code [out, in]}
     * @return {@code [..., out]}
     */
    public static Tensor linear(Tensor x, Tensor weight) {
        long in = weight.size(1);
        long rows = x.numel() / in;
        if (rows > FEW_ROWS || !x.device().is_cpu() || x.scalar_type().intern() != ScalarType.Float) {
            return torch.linear(x, weight);
        }
        long[] shape = x.sizes().vec().get();
        shape[shape.length - 1] = weight.size(0);
        return torch.matmul(weight, x.reshape(rows, in).t()).t().view(shape);
    }
}
