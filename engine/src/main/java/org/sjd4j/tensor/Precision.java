package org.sjd4j.tensor;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Dtype of a network's large matrices; sums between blocks, norms and logits are always float32. */
public enum Precision {
    /** The same everywhere, and the reference. */
    FLOAT32,

    /**
     * Matrices in bfloat16, multiplied with bfloat16 rows: faster on CPUs that do so natively, and very slow on
     * others. Its rounding depends on how many rows are computed together, so that images that are equal in float32
     * may differ.
     */
    BFLOAT16,

    /**
     * Matrices in float16, multiplied with float32 rows into float32 sums: half the memory to read, and no rounding but
     * that of the weights. On a CPU they are copies in the order in which FBGEMM reads them. Not for training.
     */
    FLOAT16,

    /**
     * Matrices in int8 with a scale per output channel, multiplied with bfloat16 rows: a quarter of float32's memory.
     * Logits change by about a hundredth. Not for training.
     */
    INT8;

    /**
     * The precision of this name, such as {@code float32}, without loading LibTorch.
     *
     * @throws IllegalArgumentException if there is no such precision
     */
    public static Precision named(String name) {
        for (Precision precision : values()) {
            if (precision.toString().equals(name)) {
                return precision;
            }
        }
        throw new IllegalArgumentException("there is no dtype '%s'; choose one of %s"
                .formatted(
                        name, Arrays.stream(values()).map(Precision::toString).collect(Collectors.joining(", "))));
    }

    /**
     * The fastest format for weights that are stored in half precision and easily copied, and that changes nothing but
     * the order of sums.
     */
    public static Precision forSmallModels(ComputeDevice device) {
        return device == ComputeDevice.CPU && Processor.current().readsFloat16() ? FLOAT16 : FLOAT32;
    }

    /** The fastest format of two bytes per weight, for models of billions of them. */
    public static Precision forLargeModels(ComputeDevice device) {
        var processor = Processor.current();
        boolean copy = device == ComputeDevice.CPU && !processor.multipliesBfloat16() && processor.readsFloat16();
        return copy ? FLOAT16 : BFLOAT16;
    }

    /** Whether gradients flow through products in this format. */
    public boolean trains() {
        return this == FLOAT32 || this == BFLOAT16;
    }

    /** Bytes of a weight in memory. */
    public int bytesPerWeight() {
        return switch (this) {
            case FLOAT32 -> Float.BYTES;
            case BFLOAT16, FLOAT16 -> Short.BYTES;
            case INT8 -> Byte.BYTES;
        };
    }

    /** The type of the rows that are multiplied. Loads LibTorch: a field would do so as soon as the name is parsed. */
    public ScalarType products() {
        LibTorch.load();
        return this == BFLOAT16 ? ScalarType.BFloat16 : ScalarType.Float;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
