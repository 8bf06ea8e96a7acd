package org.sjd4j.llama;

import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.tensor.Precision;

/**
 * Weight matrices that read the same rows and whose results stand side by side.
 *
 * <p>At a few rows a product costs what its matrix weighs, and every product a little on top, so they are joined into one
 * matrix where that copies nothing that is large: mapped weights of a published model stay where they are.
 */
record Projection(List<Matrix> matrices) {

    /** Matrices {@code [out, in]}, each where it lies if it has the precision's form already. */
    static Projection apart(Precision precision, Tensor... matrices) {
        return new Projection(
                Stream.of(matrices).map(matrix -> Matrix.of(precision, matrix)).toList());
    }

    /** Matrices {@code [out, in]} joined into one; gradients flow back through the join. */
    static Projection joined(Precision precision, Tensor... matrices) {
        return new Projection(List.of(Matrix.joined(precision, matrices)));
    }

    /** As {@link #joined}, for matrices that nobody else needs: they are freed, and no gradients flow. */
    static Projection joinedFreeing(Precision precision, Tensor... matrices) {
        return new Projection(List.of(Matrix.joinedFreeing(precision, matrices)));
    }

    /** All products with rows {@code [..., in]}, side by side. */
    Tensor apply(Tensor rows) {
        if (matrices.size() == 1) {
            return matrices.getFirst().apply(rows);
        }
        Tensor[] products = matrices.stream().map(matrix -> matrix.apply(rows)).toArray(Tensor[]::new);
        return torch.cat(new TensorVector(products), -1);
    }
}
