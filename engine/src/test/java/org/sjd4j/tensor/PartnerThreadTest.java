package org.sjd4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PartnerThreadTest {
    @BeforeAll
    static void load() {
        LibTorch.load();
    }

    @Test
    void bothRunAtTheSameTimeOnTwoThreads() {
        var met = new CountDownLatch(2);
        Set<Thread> threads = Collections.synchronizedSet(new HashSet<>());
        Runnable meet = () -> {
            threads.add(Thread.currentThread());
            met.countDown();
            awaitUninterruptibly(met); // never ends if one ran after the other
        };
        PartnerThread.runBoth(meet, meet);
        assertThat(threads).hasSize(2).contains(Thread.currentThread());
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatBothWroteIsSeen() {
        int[] sums = new int[2];
        for (int i = 0; i < 20_000; i++) {
            int step = i;
            PartnerThread.runBoth(() -> sums[0] += step, () -> sums[1] += 2 * step);
            assertThat(sums[1]).isEqualTo(2 * sums[0]);
        }
    }

    @Test
    void eachCallerHasAPartnerOfItsOwn() throws InterruptedException {
        int callers = 4;
        Set<Thread> partners = Collections.synchronizedSet(new HashSet<>());
        var together = new CountDownLatch(2 * callers);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            threads.add(new Thread(() -> PartnerThread.runBoth(
                    () -> {
                        together.countDown();
                        awaitUninterruptibly(together);
                    },
                    () -> {
                        partners.add(Thread.currentThread());
                        together.countDown();
                        awaitUninterruptibly(together);
                    })));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(partners).hasSize(callers).doesNotContainAnyElementsOf(threads);
    }

    @Test
    void thePartnersOperatorsGetTheCallersThreads() {
        int[] found = new int[1];
        for (int threads = 1; threads <= 2; threads++) {
            torch.set_num_threads(threads);
            PartnerThread.runBoth(() -> {}, () -> found[0] = torch.get_num_threads());
            assertThat(found[0]).isEqualTo(threads);
        }
    }

    @Test
    void aFailureOfEitherIsThrownWhenBothHaveEnded() {
        var ended = new AtomicInteger();
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> PartnerThread.runBoth(ended::incrementAndGet, () -> {
                        throw new IllegalStateException("there");
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("there");
            assertThatThrownBy(() -> PartnerThread.runBoth(
                            () -> {
                                throw new OutOfMemoryError("here");
                            },
                            () -> {}))
                    .isInstanceOf(OutOfMemoryError.class)
                    .hasMessage("here");
            assertThatThrownBy(() -> PartnerThread.runBoth(
                            () -> {
                                throw new IllegalStateException("here");
                            },
                            () -> {
                                throw new IllegalStateException("there");
                            }))
                    .hasMessage("here");
        }
        assertThat(ended).hasValue(100);
        int[] after = new int[2];
        PartnerThread.runBoth(() -> after[0] = 1, () -> after[1] = 1);
        assertThat(after).containsExactly(1, 1);
    }

    @Test
    void anInterruptDoesNotCutWorkShort() {
        int[] done = new int[1];
        Thread.currentThread().interrupt();
        PartnerThread.runBoth(() -> {}, () -> {
            long until = System.nanoTime() + 20_000_000;
            while (System.nanoTime() < until) {
                Thread.onSpinWait();
            }
            done[0] = 1;
        });
        assertThat(done[0]).isEqualTo(1);
        assertThat(Thread.interrupted()).isTrue();
    }
}
