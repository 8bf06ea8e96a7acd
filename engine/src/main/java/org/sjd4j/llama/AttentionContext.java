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
     * @param kv the heads of the keys and then those of the values, {@code [batch, 2 * key heads, rows, headSize]}
     * @return the attended values, of the shape of the queries
     */
    Tensor attend(int layer, Tensor q, Tensor kv);

    /** The keys of keys and values, {@code [batch, key heads, rows, headSize]}. */
    static Tensor keys(Tensor kv) {
        return kv.narrow(1, 0, kv.size(1) / 2);
    }

    /** The values of keys and values, {@code [batch, key heads, rows, headSize]}. */
    static Tensor values(Tensor kv) {
        return kv.narrow(1, kv.size(1) / 2, kv.size(1) / 2);
    }
}
