package org.sjd4j.llama;

import org.bytedeco.pytorch.Tensor;

/** What the rows of a pass can look back on. */
public interface AttentionContext {
    /**
     * Takes the keys and values of a pass into account, now and for later passes, and attends to them and to those
     * before.
     *
     * @param layer index of the block
     * @param q queries {@code [batch, heads, rows, headSize]}, in a layout of rows that the context understands
     * @param k keys, of the same shape
     * @param v values, of the same shape
     * @return the attended values, of the same shape
     */
    Tensor attend(int layer, Tensor q, Tensor k, Tensor v);
}
