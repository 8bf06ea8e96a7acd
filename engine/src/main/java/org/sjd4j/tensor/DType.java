package org.sjd4j.tensor;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Element types of safetensors files. Constants carry the names used in the header.
 *
 * <p>The declaration order is that of the reference library (huggingface/safetensors, {@code
 * safetensors/src/tensor.rs}, {@code enum Dtype}): increasing alignment. The writer sorts by it.
 */
public enum DType {
    BOOL(8),
    F4(4),
    F6_E2M3(6),
    F6_E3M2(6),
    U8(8),
    I8(8),
    F8_E5M2(8),
    F8_E4M3(8),
    F8_E8M0(8),
    F8_E4M3FNUZ(8),
    F8_E5M2FNUZ(8),
    I16(16),
    U16(16),
    F16(16),
    BF16(16),
    I32(32),
    U32(32),
    F32(32),
    /** Complex numbers of two 32-bit floats. */
    C64(64),
    F64(64),
    I64(64),
    U64(64);

    private static final Map<String, DType> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(DType::name, Function.identity()));

    private final int bits;

    DType(int bits) {
        this.bits = bits;
    }

    /** Size of one element in bits; 4 and 6 occur besides whole bytes. */
    public int bits() {
        return bits;
    }

    /** The type with this safetensors name, or empty if the format knows none. Names are case-sensitive. */
    public static Optional<DType> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /**
     * Size in bytes of a dense tensor of this type. A shape of rank 0 is one element; a dimension of 0 makes it empty.
     *
     * <p>All arithmetic is checked, as in {@code Metadata::validate} of the reference library.
     *
     * @throws IllegalArgumentException if a dimension is negative, the size exceeds 63 bits, or the elements (of 4 or 6
     *     bits) do not fill whole bytes
     */
    public long byteSize(long... shape) {
        long size = bits;
        try {
            for (long dimension : shape) {
                if (dimension < 0) {
                    throw new IllegalArgumentException("negative dimension in shape " + Arrays.toString(shape));
                }
                size = Math.multiplyExact(size, dimension);
            }
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("more than 2^63 bits in shape " + Arrays.toString(shape), e);
        }
        if (size % 8 != 0) {
            throw new IllegalArgumentException(
                    size + " bits, not a whole number of bytes, in " + name() + Arrays.toString(shape));
        }
        return size / 8;
    }
}
