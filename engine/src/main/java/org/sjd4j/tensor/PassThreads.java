package org.sjd4j.tensor;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.bytedeco.pytorch.global.torch;

/**
 * Chooses how many threads the operators of a pass get: those with which passes of its size were fastest.
 *
 * <p>An operator ends when its last thread has ended. Where another process holds a core, every operator of a pass waits for
 * it, and two threads are many times slower than one. So times decide, and they are taken anew all the time: now and then a
 * pass tries another number of threads. What trials lose is at most about a hundredth of the time.
 *
 * <p>OpenMP counts threads for each calling thread, so each thread that makes passes has its own choice.
 */
public final class PassThreads {
    private static final ThreadLocal<Current> CURRENT = new ThreadLocal<>();

    private record Current(ThreadLimit limit, PassThreads threads) {}

    /** What is timed: each kind for itself. */
    public enum Work {
        /** Rows through a language model. */
        PASS,
        /** Tokens to pixels. */
        IMAGE,
        /** A prompt through a text encoder. */
        TEXT
    }

    /** More threads must save this much; where they save less, the core serves another process better. */
    private static final double FASTER = 0.95;

    /** A pass that takes so many times as long as usual has waited for a thread that did not run. */
    private static final double STALLED = 3;

    private static final int STALLED_PASSES = 2;
    private static final int PASSES_OF_A_TRIAL = 3;
    private static final long NANOS_BETWEEN_TRIALS = 100_000_000;

    /** Time that must pass after a trial, as a multiple of what it lost. */
    private static final long PRICE = 100;

    /** The weight of a new time in the average. */
    private static final double NEWEST = 0.125;

    /** Multiplications, from which a pass begins with all threads: it takes tens of milliseconds with one. */
    private static final long MANY_PRODUCTS = 200_000_000;

    private final int[] counts;
    private final IntConsumer setThreads;
    private final LongSupplier clock;
    private final Map<Size, Choice> choices = new HashMap<>();
    private long nextTrial = Long.MIN_VALUE;

    private record Size(Work work, int magnitude) {}

    /**
     * @param counts numbers of threads to choose from, rising
     * @param setThreads sets the number of threads of the calling thread's operators
     * @param clock nanoseconds
     */
    PassThreads(int[] counts, IntConsumer setThreads, LongSupplier clock) {
        this.counts = counts;
        this.setThreads = setThreads;
        this.clock = clock;
    }

    /** The choice of the calling thread. */
    public static PassThreads current() {
        var limit = LibTorch.threadLimit();
        var current = CURRENT.get();
        if (current == null || !current.limit.equals(limit)) {
            current = new Current(limit, new PassThreads(limit.counts(), torch::set_num_threads, System::nanoTime));
            CURRENT.set(current);
        }
        return current.threads;
    }

    /**
     * Runs a pass with the threads that suit it. The pass must have finished computing when it returns.
     *
     * @param products about how many multiplications it takes: passes of about the same number are compared
     */
    public <T> T run(Work work, long products, Supplier<T> pass) {
        if (counts.length == 1) {
            setThreads.accept(counts[0]);
            return pass.get();
        }
        var choice = choice(work, products);
        int index = choice.next();
        setThreads.accept(counts[index]);
        long begin = clock.getAsLong();
        T result = pass.get();
        choice.took(index, clock.getAsLong() - begin);
        return result;
    }

    /** Sizes are told apart by half powers of two. A new one begins like the next smaller or larger one. */
    private Choice choice(Work work, long products) {
        int magnitude = (int) Math.round(2 * Math.log(Math.max(1, products)) / Math.log(2));
        return choices.computeIfAbsent(new Size(work, magnitude), size -> {
            for (int step = 1; step <= 2; step++) {
                for (int neighbour : new int[] {magnitude - step, magnitude + step}) {
                    var known = choices.get(new Size(work, neighbour));
                    if (known != null) {
                        return new Choice(known.best);
                    }
                }
            }
            return new Choice(products < MANY_PRODUCTS ? 0 : counts.length - 1);
        });
    }

    /** Passes of one size. Numbers of threads are indices into {@link #counts}. */
    private final class Choice {
        private final double[] nanos = new double[counts.length];
        private int best;
        private int settled;
        private int stalled;
        private long retry = Long.MIN_VALUE;
        private boolean upwards = true;

        private int tried = -1;
        private int trialPasses;
        private double trialNanos;
        private double lost;

        Choice(int best) {
            this.best = best;
            Arrays.fill(nanos, Double.NaN);
        }

        int next() {
            if (tried < 0 && settled >= PASSES_OF_A_TRIAL && clock.getAsLong() >= nextTrial) {
                begin(candidate());
            }
            return tried < 0 ? best : tried;
        }

        /** A neighbour of the best that was never tried, or, after a while, each of them in turn; or none. */
        private int candidate() {
            for (int neighbour : new int[] {best + 1, best - 1}) {
                if (exists(neighbour) && Double.isNaN(nanos[neighbour])) {
                    return neighbour;
                }
            }
            if (clock.getAsLong() < retry) {
                return -1;
            }
            upwards = !upwards;
            int neighbour = upwards ? best + 1 : best - 1;
            return exists(neighbour) ? neighbour : 2 * best - neighbour;
        }

        private boolean exists(int index) {
            return index >= 0 && index < counts.length;
        }

        private void begin(int candidate) {
            tried = candidate;
            trialPasses = 0;
            trialNanos = 0;
            lost = 0;
        }

        void took(int index, long time) {
            if (index == tried) {
                tookInTrial(time);
            } else if (index == best) {
                tookAsUsual(time);
            }
        }

        private void tookAsUsual(long time) {
            double usual = nanos[best];
            boolean slow = settled >= PASSES_OF_A_TRIAL && time > STALLED * usual;
            stalled = slow ? stalled + 1 : 0;
            if (stalled == STALLED_PASSES && best > 0) {
                pause(STALLED_PASSES * (time - usual));
                choices.values().forEach(Choice::fallBack);
                return;
            }
            double counted = slow ? STALLED * usual : time;
            nanos[best] = Double.isNaN(usual) ? counted : usual + NEWEST * (counted - usual);
            settled++;
            for (int i = 0; i < counts.length; i++) {
                if (nanos[i] < FASTER * nanos[best]) {
                    prefer(i);
                }
            }
        }

        /** One thread waits for none. */
        private void fallBack() {
            prefer(0);
            tried = -1;
            Arrays.fill(nanos, 1, nanos.length, Double.POSITIVE_INFINITY);
        }

        private void prefer(int index) {
            best = index;
            settled = 0;
            stalled = 0;
        }

        private void tookInTrial(long time) {
            double usual = nanos[best];
            lost += Math.max(0, time - usual);
            trialPasses++;
            boolean stall = time > STALLED * usual && counts[tried] > counts[best];
            if (trialPasses > 1) { // threads wake up in the first
                trialNanos += time;
            }
            if (!stall && trialPasses < PASSES_OF_A_TRIAL) {
                return;
            }
            nanos[tried] = stall ? time : trialNanos / (trialPasses - 1);
            double faster = counts[tried] > counts[best] ? FASTER : 1 / FASTER;
            if (nanos[tried] < faster * usual) {
                prefer(tried);
            }
            tried = -1;
            retry = clock.getAsLong() + NANOS_BETWEEN_TRIALS;
            pause(lost);
        }

        private void pause(double lostNanos) {
            nextTrial = clock.getAsLong() + (long) (PRICE * lostNanos);
        }
    }
}
