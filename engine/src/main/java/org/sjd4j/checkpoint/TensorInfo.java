package org.sjd4j.checkpoint;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.DType;

/**
 * One tensor of a safetensors file: a dense, row-major, little-endian array. The parts always agree with each other;
 * an inconsistent one cannot be made.
 *
 * @param name full name, such as {@code model.layers.0.self_attn.q_proj.weight}
 * @param dtype element type
 * @param shape sizes of the dimensions, outermost first; empty for a scalar
 * @param begin first byte, counted from the start of the file's data section
 * @param end byte after the last one; {@code end - begin} is the size given by type and shape
 */
public record TensorInfo(String name, DType dtype, long[] shape, long begin, long end) {

    /** @throws IllegalArgumentException if the offsets do not span exactly the bytes that type and shape need */
    public TensorInfo {
        shape = shape.clone();
        long needed = dtype.byteSize(shape);
        if (begin < 0 || end < begin || end - begin != needed) {
            throw new IllegalArgumentException("bytes " + begin + " to " + end + " for " + dtype
                    + Arrays.toString(shape) + ", which needs " + needed + " bytes");
        }
    }

    /** A copy of the sizes of the dimensions. */
    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** Size of the tensor's data in bytes. */
    public long byteSize() {
        return end - begin;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TensorInfo that
                && name.equals(that.name)
                && dtype == that.dtype
                && Arrays.equals(shape, that.shape)
                && begin == that.begin
                && end == that.end;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * name.hashCode() + Arrays.hashCode(shape)) + Long.hashCode(begin);
    }

    @Override
    public String toString() {
        return name + " " + dtype + Arrays.toString(shape) + " at " + begin + ".." + end;
    }
}
