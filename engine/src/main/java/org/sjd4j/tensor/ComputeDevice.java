package org.sjd4j.tensor;

import java.util.Locale;
import org.bytedeco.pytorch.Device;

/** Where tensors live and are computed with. */
public enum ComputeDevice {
    /** The processor. */
    CPU,
    /** The first CUDA graphics processor. */
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

    /**
     * The device as LibTorch knows it.
     *
     * @throws IllegalArgumentException if the loaded LibTorch cannot use it
     */
    public Device open() {
        if (this == CUDA && !LibTorch.cudaAvailable()) {
            throw new IllegalArgumentException("LibTorch finds no CUDA device; use the device cpu, or a machine with an"
                    + " NVIDIA driver and the -gpu builds of the native libraries");
        }
        return new Device(toString());
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
