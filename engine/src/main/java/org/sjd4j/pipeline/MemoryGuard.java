package org.sjd4j.pipeline;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Refuses a model that the machine has no room for, before its weights are read. */
public final class MemoryGuard {
    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d+) kB");
    private static final long MIB = 1 << 20;

    /** Float32 weights, and a second copy of those that are joined into larger matrices. */
    private static final long BYTES_PER_WEIGHT = 8;

    /** LibTorch itself, and the cache and the activations of one picture. */
    private static final long BASE = 300 * MIB;

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
            var matcher = AVAILABLE.matcher(Files.readString(MEMINFO));
            long available = matcher.find() ? Long.parseLong(matcher.group(1)) * 1024 : system.getFreeMemorySize();
            return Math.min(available, system.getTotalMemorySize());
        } catch (IOException e) {
            return system.getFreeMemorySize();
        }
    }

    /** Bytes that a loaded model of this many weights takes. */
    static long needed(long parameters) {
        return BASE + BYTES_PER_WEIGHT * parameters;
    }

    /**
     * Checks that a model fits.
     *
     * @throws TooLittleMemoryException if it does not
     */
    static void require(long parameters, long available) {
        long needed = needed(parameters);
        if (needed > available) {
            throw new TooLittleMemoryException(
                    "too little memory: the model needs about %d MiB, but only %d MiB are free; close other programs or use a smaller model"
                            .formatted(Math.ceilDiv(needed, MIB), available / MIB));
        }
    }
}
