package org.sjd4j.llama;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What an {@code ImageSession} needs of a model family: tokens to rows of the stack, rows to logits. Rows and logits are
 * float32. A network belongs to its model's {@link org.sjd4j.tensor.OwnerThread}: calls come from that thread and its helpers, which
 * may call at the same time for different images.
 */
public interface ImageTokenNetwork {

    /** The blocks between {@link #embed} and {@link #logits}. */
    LlamaStack stack();

    /** Rows {@code [1, n, hidden]} of token ids {@code [n]}, int64. */
    Tensor embed(Tensor ids);

    /** Logits {@code [..., image ids]} of normalised rows {@code [..., hidden]}, in the order of the layout's image ids. */
    Tensor logits(Tensor rows);

    /**
     * Rotations of all rows of an image.
     *
     * @param prefix rows of the prompt
     * @param length tokens of the image
     * @param line tokens of one line of it
     * @return {@code [prefix + length - 1, 1, headSize / 2]}
     */
    default Tensor rotations(int prefix, int length, int line, Device device) {
        return LlamaStack.rotations(stack().config(), prefix + length - 1, device);
    }

    /** The embeddings {@code [image ids, n]} that noise is added to. */
    Tensor codeTable();

    /** Embeddings {@code [..., n]} as rows of the stack {@code [..., hidden]}. */
    Tensor project(Tensor embeddings);

    /**
     * A prompt, or several of as many rows, as the stack reads it.
     *
     * @param rows {@code [prompts, n, hidden]}; the last one predicts the first token of the image
     * @param context {@code [prompts, length, hidden]}, added to the row that predicts each token of the image; or nothing
     */
    record Prompt(Tensor rows, @Nullable Tensor context) {
        /** Number of rows. */
        public long length() {
            return rows.size(1);
        }
    }
}
