package org.sjd4j.tensor;

import java.util.Locale;

/** Where tensors live and are computed with. */
public enum ComputeDevice {
    /** The CPU. */
    CPU,
    /** An NVIDIA GPU: the first that CUDA shows, unless {@link LibTorch#useGpu} says another. */
    CUDA;

    /**
     * The device of this name, without loading LibTorch.
     *
     * @throws IllegalArgumentException if there is no such device
     */
    public static ComputeDevice named(String name) {
        return switch (name) {
            case "cpu" -> CPU;
            case "cuda" -> CUDA;
            default ->
                throw new IllegalArgumentException("there is no device '%s'; choose cpu or cuda".formatted(name));
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
