package org.sjd4j.tensor;

import java.util.Locale;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Number format of a network's large matrix products; sums between blocks, norms and logits are always float32. */
public enum Precision {
    /** The same everywhere, and the reference. */
    FLOAT32,

    /**
     * Faster on processors that multiply bfloat16 natively, and slower on others. Its rounding depends on how many rows
     * are computed together, so that pictures that are equal in float32 may differ.
     */
    BFLOAT16;

    /**
     * The precision of this name, {@code float32} or {@code bfloat16}, without loading LibTorch.
     *
     * @throws IllegalArgumentException if there is no such precision
     */
    public static Precision named(String name) {
        for (Precision precision : values()) {
            if (precision.toString().equals(name)) {
                return precision;
            }
        }
        throw new IllegalArgumentException("there is no dtype '%s'; choose float32 or bfloat16".formatted(name));
    }

    /** The type of the products. Loads LibTorch: a field would do so as soon as the name is parsed. */
    public ScalarType products() {
        LibTorch.load();
        return switch (this) {
            case FLOAT32 -> ScalarType.Float;
            case BFLOAT16 -> ScalarType.BFloat16;
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
