package org.sjd4j.tensor;

import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How many threads an operator may have.
 *
 * @param most threads at most
 * @param fixed whether it always has as many; otherwise {@link PassThreads} chooses
 */
public record ThreadLimit(int most, boolean fixed) {
    private static final String VARIABLE = "OMP_NUM_THREADS";

    /** @throws IllegalArgumentException for less than one thread, or more than this process may use CPUs */
    public ThreadLimit {
        int processors = Runtime.getRuntime().availableProcessors();
        if (most < 1 || most > processors) {
            throw new IllegalArgumentException(
                    "found %s threads, expected 1 to %s: as many as this process may use CPUs"
                            .formatted(most, processors));
        }
    }

    /**
     * As many as this process may use CPUs, or fewer if {@code OMP_NUM_THREADS} says so. The JVM counts the CPUs of its
     * affinity mask, and no more than a container's quota of CPU time pays for.
     */
    static ThreadLimit ofEnvironment() {
        return new ThreadLimit(
                threads(System.getenv(VARIABLE), Runtime.getRuntime().availableProcessors()), false);
    }

    /** Of OpenMP's list for nested regions the first number counts. What is no number is ignored, as by OpenMP. */
    static int threads(@Nullable String variable, int processors) {
        String first = variable == null ? "" : variable.split(",", 2)[0].strip();
        return first.matches("[1-9][0-9]{0,3}") ? Math.min(Integer.parseInt(first), processors) : processors;
    }

    /** The share of each of so many threads that make passes at the same time. */
    ThreadLimit among(int workers) {
        return workers == 1 ? this : new ThreadLimit(Math.max(1, most / workers), fixed);
    }

    /** The numbers to choose from. */
    int[] counts() {
        return fixed ? new int[] {most} : counts(most);
    }

    /** Powers of two, and the most. */
    static int[] counts(int most) {
        return IntStream.concat(IntStream.iterate(1, count -> count < most, count -> 2 * count), IntStream.of(most))
                .toArray();
    }
}
