package org.sjd4j.model;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Weight matrices that read the same rows and whose results stand side by side.
 *
 * <p>At a few rows a product costs what its matrix weighs, and every product a little on top, so they are joined into one
 * matrix where that copies nothing that is large: mapped weights of a published model stay where they are.
 */
record Projection(List<Tensor> matrices) {

    /** Matrices {@code [out, in]} in a type, each where it lies if it has that type already. */
    static Projection apart(ScalarType type, Tensor... matrices) {
        return new Projection(
                java.util.stream.Stream.of(matrices).map(m -> m.to(type)).toList());
    }

    /** Matrices {@code [out, in]} joined into one of a type; gradients flow back through the join. */
    static Projection joined(ScalarType type, Tensor... matrices) {
        return new Projection(List.of(torch.cat(new TensorVector(matrices), 0).to(type)));
    }

    /** All products with rows {@code [..., in]}, side by side. */
    Tensor apply(Tensor rows) {
        if (matrices.size() == 1) {
            return Linear.linear(rows, matrices.getFirst());
        }
        Tensor[] products =
                matrices.stream().map(matrix -> Linear.linear(rows, matrix)).toArray(Tensor[]::new);
        return torch.cat(new TensorVector(products), -1);
    }
}
