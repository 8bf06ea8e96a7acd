package org.sjd4j.metrics;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.tensor.Tensors;

/**
 * The root of a product of covariances {@code A} and {@code B}: {@code tr (A B)^1/2}, as {@code tr (A^1/2 B A^1/2)^1/2},
 * which has the same eigenvalues and is symmetric, so that they are real and none is negative but by rounding. The general
 * root of {@code A B} that pytorch-fid takes ({@code calculate_frechet_distance}) can turn out complex, and then fails.
 *
 * <p>Singular covariances: rounding gives the eigenvalues that should be 0 about 1e-16 of the largest, and the root makes
 * about 1e-8 of it. With some hundred of them the trace is too large by some 1e-7 of itself.
 */
final class CovarianceRoot {
    private CovarianceRoot() {}

    /**
     * The trace, in double precision by LAPACK's symmetric eigenvalues. Covariances of 2048 features take some seconds.
     *
     * @param a {@code [d, d]}, row by row
     * @param b likewise
     */
    static double trace(double[] a, double[] b, int d) {
        return Tensors.inference(() -> {
            Tensor root = root(Tensors.of(a, d, d));
            Tensor product = root.matmul(Tensors.of(b, d, d)).matmul(root);
            Tensor symmetric = product.add(product.t()).mul(new Scalar(0.5));
            return rooted(torch.linalg_eigvalsh(symmetric)).sum().item_double();
        });
    }

    private static Tensor root(Tensor covariance) {
        var parts = torch.linalg_eigh(covariance);
        Tensor vectors = parts.get1();
        return vectors.mul(rooted(parts.get0())).matmul(vectors.t());
    }

    private static Tensor rooted(Tensor eigenvalues) {
        return eigenvalues.clamp_min(new Scalar(0.0)).sqrt();
    }
}
