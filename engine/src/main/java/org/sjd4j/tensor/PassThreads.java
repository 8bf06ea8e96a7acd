package org.sjd4j.tensor;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;

/**
 * Chooses how a pass spreads over threads: as passes of its size were fastest. The threads may share each operator, or the two
 * halves of the pass, of which neither needs the other.
 *
 * <p>An operator ends when its last thread has ended. Where another process holds a core, every operator of a pass waits for
 * it, and two threads are many times slower than one. So times decide, and they are taken anew all the time: now and then a
 * few passes try another way. Where threads do not come, passes of all sizes do without them, and try again
 * after a while. What trials lose is about a hundredth of the time in the long run.
 *
 * <p>OpenMP counts threads for each calling thread, so each thread that makes passes has its own choice.
 */
public final class PassThreads {
    private static final ThreadLocal<Share> SHARE = ThreadLocal.withInitial(Share::new);

    /** What a thread has of the CPUs, and its choices for each limit that it had. */
    private static final class Share {
        private final Map<ThreadLimit, PassThreads> threads = new HashMap<>();
        private int workers = 1;
    }

    /** What is timed: each kind for itself. */
    public enum Work {
        /** Rows through a language model. */
        PASS,
        /** Logits to distributions. */
        SAMPLING,
        /** Tokens to pixels. */
        IMAGE,
        /** A prompt through a text encoder. */
        TEXT
    }

    /** What is tried in place of a way, by its index. */
    private static final int[] NEIGHBOURS = {1, -1, 2, -2};

    /** More threads must save this much; where they save less, the core serves another process better. */
    private static final double FASTER = 0.97;

    /** A pass that takes so many times as long as usual has waited for a thread that did not run: a stall. */
    private static final double STALLED = 3;

    /** The share of the time that may be lost by stalls: the JVM's own threads hold the cores now and then, too. */
    private static final double TOLERATED = 0.05;

    /** Passes before a trial and passes that count in it, at least. */
    private static final int FEWEST = 2;

    /** What a trial does first does not count: its threads wake up, and the system moves them to idle cores. */
    private static final long NANOS_TO_WAKE = 10_000_000;

    /** What counts in a trial takes at least so long: a few short passes say little. */
    private static final double NANOS_THAT_COUNT = 20_000_000;

    /**
     * Stalls lose so much before threads count as missing. In a trial they begin on the core of the first one, and the
     * system needs some ticks of its clock to move them to an idle one.
     */
    private static final double MOST_LOST = 50_000_000;

    private static final long NANOS_BETWEEN_TRIALS = 1_000_000_000;

    /** Time that must pass after a trial, as a multiple of what it lost. */
    private static final long PRICE = 100;

    /** The same after a stall. It doubles from stall to stall, up to {@link #PRICE}: most stalls are short. */
    private static final long PRICE_OF_A_STALL = 5;

    /** After so many passes with several threads, a stall is a new one. */
    private static final int PASSES_WITHOUT_STALL = 64;

    /** The weight of a new time in the average. */
    private static final double NEWEST = 0.125;

    /** Multiplications, from which a pass begins with all threads: it takes a tenth of a second or more with one. */
    private static final long MANY_PRODUCTS = 2_000_000_000;

    private final List<Way> ways;
    private final List<Way> waysOfHalves;
    private final IntConsumer setThreads;
    private final LongSupplier clock;
    private final Map<Size, Choice> choices = new HashMap<>();
    private boolean alone;
    private long stallPrice = PRICE_OF_A_STALL;
    private long moreThreadsFrom = Long.MIN_VALUE;
    private double lostByStalls;
    private long latestStall;

    private record Size(Work work, int magnitude, boolean halves) {}

    /**
     * How a pass spreads over threads.
     *
     * @param threads of each operator
     * @param halved whether two halves run side by side, each with so many threads
     */
    private record Way(int threads, boolean halved) {}

    /**
     * @param counts numbers of threads to choose from, rising
     * @param setThreads sets the number of threads of the calling thread's operators
     * @param clock nanoseconds
     */
    PassThreads(int[] counts, IntConsumer setThreads, LongSupplier clock) {
        this.ways =
                Arrays.stream(counts).mapToObj(count -> new Way(count, false)).toList();
        this.waysOfHalves = ways.stream()
                .flatMap(way -> way.threads == 1 ? Stream.of(way) : Stream.of(new Way(way.threads / 2, true), way))
                .toList();
        this.setThreads = setThreads;
        this.clock = clock;
    }

    /** The choice of the calling thread. */
    public static PassThreads current() {
        var share = SHARE.get();
        return share.threads.computeIfAbsent(
                LibTorch.threadLimit().among(share.workers),
                limit -> new PassThreads(limit.counts(), torch::set_num_threads, System::nanoTime));
    }

    /**
     * Says that the calling thread is one of so many that make passes at the same time, from now on: each has its share of
     * the CPUs.
     */
    public static void shareCpus(int workers) {
        SHARE.get().workers = workers;
    }

    /**
     * Runs a pass with the threads that suit it. The pass must have finished computing when it returns.
     *
     * @param products about how many multiplications it takes: passes of about the same number are compared
     */
    public <T> T run(Work work, long products, Supplier<T> pass) {
        return run(ways, choice(work, products, ways), pass, pass);
    }

    /**
     * As {@link #run(Work, long, Supplier)}, for a pass of two halves.
     *
     * @param whole computes both together
     * @param halves computes the same with both side by side
     */
    public <T> T run(Work work, long products, Supplier<T> whole, Supplier<T> halves) {
        return run(waysOfHalves, choice(work, products, waysOfHalves), whole, halves);
    }

    private <T> T run(List<Way> ways, Choice choice, Supplier<T> whole, Supplier<T> halves) {
        int index = choice.next();
        Way way = ways.get(index);
        setThreads.accept(way.threads);
        long begin = clock.getAsLong();
        T result = (way.halved ? halves : whole).get();
        choice.took(index, clock.getAsLong() - begin);
        return result;
    }

    /** Sizes are told apart by half powers of two. A new one begins like the next smaller or larger one. */
    private Choice choice(Work work, long products, List<Way> ways) {
        int magnitude = (int) Math.round(2 * Math.log(Math.max(1, products)) / Math.log(2));
        boolean halves = ways == waysOfHalves;
        return choices.computeIfAbsent(new Size(work, magnitude, halves), size -> {
            for (int step = 1; step <= 2; step++) {
                for (int neighbour : new int[] {magnitude - step, magnitude + step}) {
                    var known = choices.get(new Size(work, neighbour, halves));
                    if (known != null) {
                        return new Choice(ways.size(), known.best);
                    }
                }
            }
            return new Choice(ways.size(), products < MANY_PRODUCTS ? 0 : ways.size() - 1);
        });
    }

    /** A pass was stalled; too many of them, and passes of all sizes do without other threads for a time. */
    private void stalled(double lostNanos) {
        long now = clock.getAsLong();
        lostByStalls = Math.max(0, lostByStalls - TOLERATED * (now - latestStall)) + lostNanos;
        latestStall = now;
        if (lostByStalls >= MOST_LOST) {
            stall(lostByStalls);
            lostByStalls = 0;
        }
    }

    /** Other threads do not come: passes of all sizes do without them for a time. */
    private void stall(double lostNanos) {
        setAlone(true);
        moreThreadsFrom = clock.getAsLong() + (long) (stallPrice * lostNanos);
        stallPrice = Math.min(PRICE, 2 * stallPrice);
    }

    private void setAlone(boolean now) {
        if (alone != now) {
            alone = now;
            choices.values().forEach(Choice::beginAnew);
        }
    }

    /** Passes of one size. Ways are indices into their list, where the first one takes one thread. */
    private final class Choice {
        private final double[] nanos;
        private int best;
        private int settled;
        private long retry = Long.MIN_VALUE;
        private int turn;

        private int tried = -1;
        private long trialBegin;
        private boolean awake;
        private int counted;
        private double countedNanos;
        private double lost;

        Choice(int ways, int best) {
            this.best = best;
            nanos = new double[ways];
            Arrays.fill(nanos, Double.NaN);
        }

        int next() {
            if (tried < 0 && settled > FEWEST) {
                begin(clock.getAsLong());
            }
            return tried < 0 ? usual() : tried;
        }

        private void beginAnew() {
            tried = -1;
            settled = 0;
        }

        /** The best way, or one thread while the others do not come. */
        private int usual() {
            return alone ? 0 : best;
        }

        /**
         * Begins a trial if one is due: of a neighbour that was never tried, or else of the next one in turn. A way next but
         * one is a neighbour too, for the next one may be as fast as this and only that one faster.
         */
        private void begin(long now) {
            if (alone && best > 0) {
                if (now >= moreThreadsFrom) {
                    begin(best, now);
                }
                return;
            }
            int due = -1;
            for (int i = NEIGHBOURS.length; i > 0; i--) {
                int way = best + NEIGHBOURS[(turn + i) % NEIGHBOURS.length];
                boolean exists = way >= 0 && way < nanos.length;
                if (exists && isDue(way, now) && (due < 0 || !Double.isNaN(nanos[due]) || Double.isNaN(nanos[way]))) {
                    due = way;
                }
            }
            if (due >= 0) {
                turn++;
                begin(due, now);
            }
        }

        private void begin(int way, long now) {
            tried = way;
            lost = 0;
            restart(now);
        }

        private void restart(long now) {
            trialBegin = now;
            awake = false;
            counted = 0;
            countedNanos = 0;
        }

        /** Whether a way was never tried, or none for a while. */
        private boolean isDue(int way, long now) {
            boolean allowed = way < best || now >= moreThreadsFrom;
            return allowed && (Double.isNaN(nanos[way]) || now >= retry);
        }

        void took(int index, long time) {
            if (index == tried) {
                tookInTrial(time);
            } else {
                tookAsUsual(index, time);
            }
        }

        private void tookAsUsual(int index, long time) {
            double before = nanos[index];
            if (index > 0 && time > STALLED * before) {
                stalled(time - before);
                return;
            }
            nanos[index] = Double.isNaN(before) ? time : before + NEWEST * (time - before);
            settled++;
            if (index > 0 && settled == PASSES_WITHOUT_STALL) {
                stallPrice = PRICE_OF_A_STALL;
            }
            int fastest = fastest(index);
            if (!alone && fastest != index) { // it was faster then: whether it is now, a trial tells
                begin(fastest, clock.getAsLong());
            }
        }

        /** The way whose passes were clearly faster than those of the one in use, or that one. */
        private int fastest(int index) {
            int fastest = index;
            for (int i = 0; i < nanos.length; i++) {
                if (nanos[i] < (fastest == index ? FASTER : 1) * nanos[fastest]) {
                    fastest = i;
                }
            }
            return fastest;
        }

        private void prefer(int index) {
            best = index;
            settled = 0;
        }

        private void tookInTrial(long time) {
            int index = usual();
            double usual = nanos[index];
            boolean more = tried > index;
            lost += Math.max(0, time - usual);
            long now = clock.getAsLong();
            if (more && time > STALLED * usual) {
                restart(now);
                if (lost >= MOST_LOST) {
                    nanos[tried] = Double.isNaN(nanos[tried]) ? time : nanos[tried];
                    tried = -1;
                    stall(lost);
                }
                return;
            }
            if (awake) {
                counted++;
                countedNanos += time;
            }
            awake = now - trialBegin >= NANOS_TO_WAKE;
            if (counted >= FEWEST && countedNanos >= NANOS_THAT_COUNT) {
                nanos[tried] = countedNanos / counted;
                prefer(nanos[tried] < (more ? FASTER : 1 / FASTER) * usual ? tried : index);
                retry = now + (long) Math.max(NANOS_BETWEEN_TRIALS, PRICE * lost);
                tried = -1;
                setAlone(alone && !more);
            }
        }
    }
}
