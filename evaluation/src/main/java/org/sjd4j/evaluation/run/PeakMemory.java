package org.sjd4j.evaluation.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The most resident memory of this process, as Linux counts it. Elsewhere nothing is known. */
final class PeakMemory {
    private static final Path RESET = Path.of("/proc/self/clear_refs");
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String PEAK = "VmHWM:";
    private static final long KILO = 1024;

    private PeakMemory() {}

    /** Begins to count anew. */
    static void reset() {
        try {
            Files.writeString(RESET, "5");
        } catch (IOException | UnsupportedOperationException _) {
            // not Linux, or not allowed: the peak is then that of the whole process
        }
    }

    /** Bytes since the last {@link #reset}, or null. */
    static @Nullable Long bytes() {
        try (var lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith(PEAK))
                    .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * KILO)
                    .findFirst()
                    .orElse(null);
        } catch (IOException _) {
            return null;
        }
    }
}
