package org.sjd4j.generate;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.tensor.Tensors;

/**
 * The rows of a pass as the stack reads them.
 *
 * @param rows {@code [branches, rows, hidden]}, or {@code [1, rows of all branches, hidden]}
 * @param rotations of these rows
 * @param noisy which rows of the second dimension are noisy
 */
@SuppressWarnings("ArrayRecordComponent") // read, never compared
record PassInput(Tensor rows, Tensor rotations, boolean[] noisy) {
    /** Rows at the same positions as entries of a batch. */
    static PassInput batched(List<PassInput> inputs) {
        PassInput first = inputs.getFirst();
        return new PassInput(joined(0, inputs.stream().map(PassInput::rows).toList()), first.rotations, first.noisy);
    }

    /** Rows one after the other in one batch entry. */
    static PassInput joined(List<PassInput> inputs) {
        boolean[] noisy = new boolean
                [inputs.stream().mapToInt(input -> input.noisy.length).sum()];
        int from = 0;
        for (PassInput input : inputs) {
            System.arraycopy(input.noisy, 0, noisy, from, input.noisy.length);
            from += input.noisy.length;
        }
        return new PassInput(
                joined(1, inputs.stream().map(PassInput::rows).toList()),
                joined(0, inputs.stream().map(PassInput::rotations).toList()),
                noisy);
    }

    /** One tensor of several, or the only one. */
    private static Tensor joined(int dimension, List<Tensor> parts) {
        return parts.size() == 1 ? parts.getFirst() : Tensors.cat(dimension, parts.toArray(Tensor[]::new));
    }
}
