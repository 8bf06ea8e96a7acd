package org.sjd4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.tensor.PassThreads.Work;

/** Choices on machines with a clock of their own, where a pass takes what a rule says. */
class PassThreadsTest {
    private static final long MICROSECOND = 1000;
    private static final long SMALL = 10_000_000;
    private static final long LARGE = 7_000_000_000L;
    private static final int WARM = 50;

    /** Nanoseconds of a pass with a number of threads. */
    private interface Machine {
        long nanos(int threads, long now);
    }

    /** A run on a machine. */
    private static final class Run {
        private final PassThreads choice;
        private final List<Integer> counts = new ArrayList<>();
        private Machine machine;
        private int threads;
        private long now;

        Run(int most, Machine machine) {
            this.machine = machine;
            choice = new PassThreads(ThreadLimit.counts(most), count -> threads = count, () -> now);
        }

        /** Runs passes and returns the time they took. */
        long passes(int count, long products) {
            long begin = now;
            for (int i = 0; i < count; i++) {
                choice.run(Work.PASS, products, () -> {
                    counts.add(threads);
                    now += machine.nanos(threads, now);
                    return true;
                });
            }
            return now - begin;
        }

        /** Runs passes of two halves. Those side by side are counted as the negative number of threads of each. */
        long passesOfHalves(int count, Machine halves) {
            long begin = now;
            for (int i = 0; i < count; i++) {
                choice.run(
                        Work.PASS,
                        SMALL,
                        () -> {
                            counts.add(threads);
                            now += machine.nanos(threads, now);
                            return true;
                        },
                        () -> {
                            counts.add(-threads);
                            now += halves.nanos(threads, now);
                            return true;
                        });
            }
            return now - begin;
        }

        double share(int count) {
            return counts.stream().filter(used -> used == count).count() / (double) counts.size();
        }
    }

    private static Machine quiet(double gain) {
        return (threads, now) -> (long) (1000 * MICROSECOND / (1 + gain * (threads - 1)));
    }

    @Test
    void moreThreadsAreTakenWhereTheyAreFaster() {
        var run = new Run(2, quiet(0.5));
        run.passes(WARM, SMALL);
        run.counts.clear();
        run.passes(5000, SMALL);
        assertThat(run.share(2)).isGreaterThan(0.97);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.02, 0, -0.3, -0.9})
    void oneThreadIsTakenWhereMoreGainLittleOrNothing(double gain) {
        var run = new Run(2, quiet(gain));
        run.passes(WARM, SMALL);
        run.counts.clear();
        run.passes(5000, SMALL);
        assertThat(run.share(1)).isGreaterThan(0.95);
    }

    @Test
    void ofManyThreadsTheBestNumberIsFound() {
        var run = new Run(24, (threads, now) -> (long) (MICROSECOND * (8000.0 / threads + 150 * threads)));
        run.passes(500, SMALL); // 7.3 threads would be best
        run.counts.clear();
        run.passes(2000, SMALL);
        assertThat(run.share(8)).isGreaterThan(0.95);
    }

    /** Another process takes a core: two threads wait for each other in every operator. */
    @ParameterizedTest
    @CsvSource({"5", "17", "66", "400"})
    void aStallCostsFewPassesAndIsTriedAgainSeldom(int milliseconds) {
        var run = new Run(2, quiet(0.5));
        run.passes(WARM, SMALL);
        long stall = milliseconds * 1000 * MICROSECOND;
        run.machine = (threads, now) -> threads == 1 ? 1000 * MICROSECOND : stall;
        long first = run.passes(1, SMALL) + run.passes(1, SMALL);
        assertThat(first).isLessThanOrEqualTo(2 * stall);
        long passes = 20_000;
        long taken = run.passes((int) passes, SMALL);
        assertThat(taken).as("nanoseconds of 20,000 passes").isLessThan((long)
                (1.1 * passes * 1000 * MICROSECOND + 2 * stall));
    }

    @Test
    void aProcessThatStartsOnABusyMachineLosesFewPasses() {
        var run = new Run(2, (threads, now) -> threads == 1 ? 1000 * MICROSECOND : 66_000 * MICROSECOND);
        long taken = run.passes(300, SMALL);
        assertThat(taken).isLessThan(300 * 1000 * MICROSECOND + 3 * 66_000 * MICROSECOND);
    }

    @Test
    void theOtherThreadsComeBackWhenTheOtherProcessHasEnded() {
        var run = new Run(2, quiet(0.5));
        run.passes(WARM, SMALL);
        run.machine = (threads, now) -> threads == 1 ? 1000 * MICROSECOND : 20_000 * MICROSECOND;
        run.passes(1000, SMALL);
        run.machine = quiet(0.5);
        run.passes(5000, SMALL);
        run.counts.clear();
        run.passes(1000, SMALL);
        assertThat(run.share(2)).isGreaterThan(0.95);
    }

    @Test
    void aSingleHiccupChangesNothing() {
        var run = new Run(2, quiet(0.5));
        run.passes(WARM, SMALL);
        var usual = run.machine;
        run.machine = (threads, now) -> 30_000 * MICROSECOND;
        run.passes(1, SMALL);
        run.machine = usual;
        run.counts.clear();
        run.passes(100, SMALL);
        assertThat(run.share(2)).isGreaterThan(0.9);
    }

    /** The JVM's compiler and collector hold a core for some milliseconds, a few times a second. */
    @ParameterizedTest
    @CsvSource({"10, 300", "20, 800", "40, 1600"})
    void fewStallsAreTolerated(int milliseconds, int passesBetween) {
        var run = new Run(2, quiet(0.3));
        run.passes(WARM, SMALL);
        run.counts.clear();
        for (int i = 0; i < 20; i++) {
            run.machine = (threads, now) -> quiet(0.3).nanos(threads, now) + milliseconds * 1000L * MICROSECOND;
            run.passes(1, SMALL);
            run.machine = quiet(0.3);
            run.passes(passesBetween, SMALL);
        }
        assertThat(run.share(2)).isGreaterThan(0.93);
    }

    /** A quota of 1.5 CPUs: two threads spend it in three quarters of each period, then nobody runs. */
    @Test
    void timeThatAQuotaTakesCounts() {
        long period = 100_000 * MICROSECOND;
        Machine throttled = (threads, now) -> {
            long pass = quiet(0.5).nanos(threads, now);
            long in = now % period;
            return threads == 2 && in + pass > period * 3 / 4 ? period - in + pass : pass;
        };
        var run = new Run(2, throttled);
        long taken = run.passes(10_000, SMALL);
        assertThat(taken).isLessThan((long) (1.05 * 10_000 * 1000 * MICROSECOND));
    }

    @Test
    void largePassesBeginWithAllThreads() {
        var run = new Run(2, quiet(0.9));
        run.passes(1, LARGE);
        assertThat(run.counts).containsExactly(2);
    }

    @Test
    void sizesAreToldApart() {
        var run = new Run(2, (threads, now) -> 1);
        for (int i = 0; i < 200; i++) {
            run.machine = quiet(-0.5);
            run.passes(1, SMALL);
            run.machine = quiet(0.8);
            run.passes(1, 64 * SMALL);
        }
        run.counts.clear();
        run.machine = quiet(-0.5);
        run.passes(1, SMALL);
        run.machine = quiet(0.8);
        run.passes(1, 64 * SMALL);
        assertThat(run.counts).containsExactly(1, 2);
    }

    /** Whatever passes take, the loss against the better number is small. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void noisyTimesLeadNowhereBad(long seed) {
        var random = new Random(seed);
        double gain = random.nextDouble(-0.5, 0.9);
        var run = new Run(2, (threads, now) ->
                (long) (quiet(gain).nanos(threads, now) * (1 + Math.abs(random.nextGaussian()) * 0.2)));
        int passes = 20_000;
        double mean = run.passes(passes, SMALL) / (double) passes;
        double best = Math.min(1, 1 / (1 + gain)) * 1000 * MICROSECOND * (1 + 0.2 * Math.sqrt(2 / Math.PI));
        assertThat(mean).as("seed %s, gain %s", seed, gain).isLessThan(1.08 * best);
    }

    /** The times of one thread for all, of a thread for each half, and of two threads in each operator. */
    @ParameterizedTest
    @CsvSource({"1000, 600, 700, -1", "1000, 700, 600, 2", "1000, 1100, 1200, 1", "1000, 999, 998, 1"})
    void halvesRunSideBySideWhereThatIsFastest(long one, long halved, long two, int expected) {
        var run = new Run(2, (threads, now) -> MICROSECOND * (threads == 1 ? one : two));
        run.passesOfHalves(500, (threads, now) -> MICROSECOND * halved);
        run.counts.clear();
        run.passesOfHalves(5000, (threads, now) -> MICROSECOND * halved);
        assertThat(run.share(expected)).isGreaterThan(0.95);
    }

    @Test
    void eachHalfGetsHalfOfManyThreads() {
        var run = new Run(8, (threads, now) -> MICROSECOND * (4000 / threads + 100));
        run.passesOfHalves(1000, (threads, now) -> MICROSECOND * (2000 / threads + 100));
        run.counts.clear();
        run.passesOfHalves(5000, (threads, now) -> MICROSECOND * (2000 / threads + 100));
        assertThat(run.share(-4) + run.share(8))
                .as("both ways to use all threads are as fast")
                .isGreaterThan(0.95);
    }

    /** What was fastest in calmer times is tried before it is taken. */
    @Test
    void aBusierMachineDoesNotLeadAstray() {
        var run = new Run(2, (threads, now) -> MICROSECOND * (threads == 1 ? 1000 : 700));
        run.passesOfHalves(3000, (threads, now) -> 600 * MICROSECOND);
        run.machine = (threads, now) -> MICROSECOND * (threads == 1 ? 2000 : 1400);
        long taken = run.passesOfHalves(3000, (threads, now) -> 1200 * MICROSECOND);
        assertThat(taken).isLessThan((long) (3000 * 1200 * MICROSECOND * 1.02));
    }

    @Test
    void aFixedNumberIsKept() {
        int most = Runtime.getRuntime().availableProcessors();
        var used = new ArrayList<Integer>();
        var choice = new PassThreads(new ThreadLimit(most, true).counts(), used::add, () -> 0);
        for (int i = 0; i < 20; i++) {
            choice.run(Work.IMAGE, SMALL, () -> true);
        }
        assertThat(used).hasSize(20).containsOnly(most);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
                    ''       | 6 | 6
                    3        | 6 | 3
                    '4,2'    | 6 | 4
                    64       | 6 | 6
                    0        | 6 | 6
                    -1       | 6 | 6
                    many     | 6 | 6
                    99999999 | 6 | 6
                    """, delimiter = '|')
    void theEnvironmentCanLowerTheLimit(String variable, int processors, int expected) {
        assertThat(ThreadLimit.threads(variable, processors)).isEqualTo(expected);
    }

    /** One thread among as many as there are CPUs has one for its operators, and later all again. */
    @Test
    void whoSharesTheCpusHasHisShare() {
        LibTorch.load();
        LibTorch.limitThreads(ThreadLimit.ofEnvironment());
        var alone = PassThreads.current();
        try {
            PassThreads.shareCpus(LibTorch.threads());
            assertThat(new ThreadLimit(LibTorch.threads(), false).among(LibTorch.threads()))
                    .isEqualTo(new ThreadLimit(1, false));
            int threads = PassThreads.current().run(Work.PASS, Long.MAX_VALUE, torch::get_num_threads);
            assertThat(threads).isEqualTo(1);
        } finally {
            PassThreads.shareCpus(1);
        }
        assertThat(PassThreads.current()).isSameAs(alone);
    }
}
