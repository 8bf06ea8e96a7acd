package org.sjd4j.training.loop;

import java.util.ArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.jspecify.annotations.Nullable;
import org.sjd4j.llama.AttentionContext;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.llama.LlamaStack;
import org.sjd4j.llama.LowRankAdapter;
import org.sjd4j.tensor.Tensors;

/**
 * A pass of rows through a stack that frees what a block computed before it computes the next one.
 *
 * @param rotations of the rows' positions
 * @param context what the rows look back on
 * @param adapter additions for some of the rows, if any
 */
public record LayerByLayer(
        LlamaStack stack, Tensor rotations, AttentionContext context, LowRankAdapter.@Nullable Gated adapter) {

    /**
     * Numbers that a block keeps of each row, in widths of a row and of the feed-forward part: as measured, and more than
     * the gradients need, because every intermediate tensor lives until its scope ends.
     */
    private static final long ROW_WIDTHS = 16;

    private static final long FEED_FORWARD_WIDTHS = 12;

    /** About how many bytes a stack keeps of so many rows until their gradients are computed, if it keeps everything. */
    public static long bytesKept(LlamaConfig llama, long rows) {
        long perRow = ROW_WIDTHS * llama.hidden() + FEED_FORWARD_WIDTHS * llama.intermediate();
        return rows * llama.layers() * perRow * Float.BYTES;
    }

    /** The stack's output for rows {@code [images, rows, hidden]}, normalised, without gradients. */
    public Tensor read(Tensor rows) {
        return Tensors.ungraded(() -> Tensors.keep(() -> stack.normalised(throughBlocks(rows, input -> {
            if (!input.is_same(rows)) {
                input.close();
            }
        }))));
    }

    /**
     * Adds the gradients of a loss to those of the parameters that it depends on, as its {@code backward} would, but keeps
     * only the rows between the blocks: what a block computed is computed again when its gradients are due (Chen et al.
     * 2016, arXiv 1604.06174).
     *
     * @param rows {@code [images, rows, hidden]}
     * @param loss of the stack's output, normalised
     * @return the loss
     */
    public double descend(Tensor rows, UnaryOperator<Tensor> loss) {
        var inputs = new ArrayList<Tensor>();
        Tensor last = Tensors.ungraded(() -> throughBlocks(rows, inputs::add));
        double[] value = new double[1];
        Tensor gradient = Tensors.keep(() -> {
            Tensor output = leaf(last);
            Tensor result = loss.apply(stack.normalised(output));
            value[0] = result.item_double();
            result.backward();
            return output.grad().clone();
        });
        for (int i = inputs.size() - 1; i >= 0; i--) {
            int index = i;
            Tensor above = gradient;
            gradient = Tensors.keep(() -> {
                Tensor input = leaf(inputs.get(index));
                backward(stack.block(index, input, rotations, context, adapter), above);
                return input.grad().clone();
            });
            above.close();
            if (i > 0) {
                inputs.get(i).close(); // the first one is the caller's
            }
        }
        backward(rows, gradient);
        return value[0];
    }

    /** The last block's output; every block's input is handed over when the block has read it. */
    private Tensor throughBlocks(Tensor rows, Consumer<Tensor> read) {
        Tensor x = rows;
        for (int i = 0; i < stack.config().layers(); i++) {
            int index = i;
            Tensor input = x;
            x = Tensors.keep(() -> stack.block(index, input, rotations, context, adapter));
            read.accept(input);
        }
        return x;
    }

    private static Tensor leaf(Tensor values) {
        Tensor leaf = values.detach();
        leaf.set_requires_grad(true);
        return leaf;
    }

    private static void backward(Tensor result, Tensor gradient) {
        result.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
    }
}
