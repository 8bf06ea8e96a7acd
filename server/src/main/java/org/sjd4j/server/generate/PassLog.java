package org.sjd4j.server.generate;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/**
 * How long the latest forward passes took that one image had for itself, by their rows: the one source of what is said about time that
 * was not measured on the image itself. Passes of a process that is not warm yet do not count: they take several times as long, until
 * Java has compiled what they run. Safe for use by many threads.
 */
final class PassLog {
    /** Passes after which a process is warm, whatever their rows, or the time that they took. */
    private static final int COLD_PASSES = 600;

    private static final Duration COLD = Duration.ofSeconds(10);

    /** For how long a pass says something about others: the machine may do other things later. */
    private static final Duration LATEST = Duration.ofMinutes(10);

    private static final int KEPT = 64;
    private static final int FEWEST = 16;

    private final LongSupplier clock;
    private final Map<Integer, Deque<Pass>> byRows = new HashMap<>();
    private long passes;
    private long nanos;
    private boolean shared;

    private record Pass(long end, long nanos) {}

    PassLog() {
        this(System::nanoTime);
    }

    /** @param clock in nanoseconds */
    PassLog(LongSupplier clock) {
        this.clock = clock;
    }

    /** Takes note of a pass, see {@link org.sjd4j.api.GenerationSource#passed}. */
    synchronized void passed(int images, int rows, long took) {
        shared = images > 1;
        boolean warm = passes >= COLD_PASSES || nanos >= COLD.toNanos();
        passes++;
        nanos += took;
        if (warm && !shared) {
            var latest = byRows.computeIfAbsent(rows, _ -> new ArrayDeque<>());
            latest.add(new Pass(clock.getAsLong(), took));
            if (latest.size() > KEPT) {
                latest.remove();
            }
        }
    }

    /** Whether several images shared the latest pass. */
    synchronized boolean shared() {
        return shared;
    }

    /**
     * The median of the latest warm passes of so many rows; nothing if there are too few. A median, because the few passes that wait for other
     * work on the machine must not make something look slow.
     */
    synchronized OptionalDouble seconds(int rows) {
        long oldest = clock.getAsLong() - LATEST.toNanos();
        var latest = byRows.getOrDefault(rows, new ArrayDeque<>()).stream()
                .filter(pass -> pass.end - oldest >= 0)
                .mapToLong(Pass::nanos)
                .sorted()
                .toArray();
        int half = latest.length / 2;
        return latest.length < FEWEST
                ? OptionalDouble.empty()
                : OptionalDouble.of((latest[half] + latest[(latest.length - 1) / 2]) / 2e9);
    }
}
