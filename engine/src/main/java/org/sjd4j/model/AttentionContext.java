package org.sjd4j.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;

/** The rows that a pass can look back on. Keys and values are {@code [batch, heads, rows, headSize]}. */
public interface AttentionContext {
    /** Takes the keys of a pass and returns all keys that it may see, its own last. */
    Tensor keys(int layer, Tensor fresh);

    /** Takes the values of a pass and returns all values that it may see, its own last. */
    Tensor values(int layer, Tensor fresh);

    /** What is added to the attention scores of a pass of {@code count} rows; nothing if each may see everything. */
    TensorOptional mask(long count);
}
