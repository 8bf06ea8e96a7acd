package org.sjd4j.family;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.sjd4j.io.TextFile;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.NvidiaDriver;

/** Refuses a model that the machine has no room for, before its weights are read. */
public final class MemoryGuard {
    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d+) kB");
    private static final long MIB = 1 << 20;

    /** LibTorch itself, and the cache and the activations of one image. */
    public static final long BASE = 300 * MIB;

    private MemoryGuard() {}

    /**
     * Bytes that can still be allocated, as far as the system tells: what Linux calls available, or what is free
     * elsewhere, but never more than a container may have in all.
     */
    public static long available() {
        if (!(ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system)) {
            return Long.MAX_VALUE;
        }
        try {
            var matcher = AVAILABLE.matcher(TextFile.read(MEMINFO));
            long available = matcher.find() ? Long.parseLong(matcher.group(1)) * 1024 : system.getFreeMemorySize();
            return Math.min(available, system.getTotalMemorySize());
        } catch (IOException e) {
            return system.getFreeMemorySize();
        }
    }

    /**
     * Bytes that can still be allocated on a device: on a GPU what no process has, as its driver tells. Without bound where it
     * is unclear which GPU the driver means.
     */
    public static long available(ComputeDevice device) {
        return device == ComputeDevice.CPU
                ? available()
                : NvidiaDriver.find()
                        .filter(driver -> driver.gpus().size() == 1) // CUDA counts several in an order of its own
                        .map(driver -> driver.gpus().getFirst().free())
                        .orElse(Long.MAX_VALUE); // what is missing is told when the device is asked for
    }

    /**
     * Images that can be generated together.
     *
     * @param needed bytes of the model and one image
     * @param perImage bytes of each further one
     * @param available bytes that are left before the model is loaded
     * @param most images
     * @return at least 1, for whether that one fits is checked when the model is loaded
     */
    public static int imagesTogether(long needed, long perImage, long available, int most) {
        long further = Math.max(0, available - needed) / perImage;
        return (int) Math.min(most, 1 + further);
    }

    /**
     * Checks that a model fits.
     *
     * @param needed bytes of the model
     * @param available bytes that are left on the device
     * @throws TooLittleMemoryException if it does not
     */
    public static void require(long needed, long available, ComputeDevice device) {
        if (needed > available) {
            boolean cpu = device == ComputeDevice.CPU;
            throw new TooLittleMemoryException(
                    "too little memory%s: the model needs about %s MiB, but only %s MiB are free; %s or use a smaller model"
                            .formatted(
                                    cpu ? "" : " on the GPU",
                                    Math.ceilDiv(needed, MIB),
                                    available / MIB,
                                    cpu
                                            ? "close other programs"
                                            : "stop the processes that use it, choose a smaller dtype"));
        }
    }
}
