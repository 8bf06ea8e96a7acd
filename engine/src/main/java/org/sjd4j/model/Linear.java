package org.sjd4j.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The matrix product of rows and weights, in the order of its operands that is faster for their number. */
final class Linear {
    /** Beyond these, both orders take as long. */
    private static final long FEW_ROWS = 64;

    private Linear() {}

    /**
     * {@code x wᵀ}. For a few rows as {@code (w xᵀ)ᵀ}: the matrix libraries cut the longer side of a product among
     * threads and registers only if it comes first, and take up to half the time then. The result is a transposed view
     * in that case; what needs neighbouring channels next to each other in memory asks for a contiguous copy.
     *
     * @param x {@code [..., in]}
     * @param weight {@code [out, in]}
     * @return {@code [..., out]}
     */
    static Tensor linear(Tensor x, Tensor weight) {
        long in = weight.size(1);
        long rows = x.numel() / in;
        if (rows > FEW_ROWS || x.device().is_cuda()) {
            return torch.linear(x, weight);
        }
        long[] shape = x.sizes().vec().get();
        shape[shape.length - 1] = weight.size(0);
        return torch.matmul(weight, x.reshape(rows, in).t()).t().view(shape);
    }
}
