package org.sjd4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A time limit is only there against hanging. */
@Timeout(60)
class OwnerThreadTest {
    @Test
    void aHelperIsTheThreadWhileItLives() {
        try (var owner = new OwnerThread("test")) {
            var named = new AtomicReference<String>();
            var helper = new AtomicReference<Thread>();
            owner.call(() -> {
                owner.runSideBySide(List.of(() -> {}, () -> {
                    helper.set(Thread.currentThread());
                    named.set(owner.call(() -> Thread.currentThread().getName()));
                    assertThatThrownBy(owner::close).isInstanceOf(IllegalStateException.class);
                }));
                return true;
            });
            assertThat(named.get()).isEqualTo("test-2");
            assertThat(helper.get()).isNotNull().matches(thread -> !thread.isAlive());
        }
    }

    /** Either the thread's own work fails, or a helper's, or that of another helper. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void whereOneFailsTheOthersAreInterruptedAndAwaited(int failing) {
        try (var owner = new OwnerThread("test")) {
            var begun = new CountDownLatch(2);
            var interrupted = new CountDownLatch(2);
            OwnerThread.Work fails = () -> {
                begun.await();
                throw new IllegalArgumentException("work " + failing);
            };
            OwnerThread.Work waits = () -> {
                begun.countDown();
                try {
                    new CountDownLatch(1).await();
                } finally {
                    interrupted.countDown();
                }
            };
            assertThatThrownBy(() -> owner.call(() -> {
                        owner.runSideBySide(List.of(
                                failing == 0 ? fails : waits,
                                failing == 1 ? fails : waits,
                                failing == 2 ? fails : waits));
                        return true;
                    }))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("work " + failing);
            assertThat(interrupted.getCount()).isZero();
            assertThat(owner.<Boolean>call(() -> Thread.currentThread().isInterrupted()))
                    .isFalse();
        }
    }

    @Test
    void whoIsInterruptedInterruptsTheHelpers() throws InterruptedException {
        try (var owner = new OwnerThread("test")) {
            var begun = new CountDownLatch(2);
            var ended = new CountDownLatch(2);
            var told = new AtomicBoolean();
            OwnerThread.Work waits = () -> {
                begun.countDown();
                try {
                    new CountDownLatch(1).await();
                } finally {
                    ended.countDown();
                }
            };
            var caller = new Thread(() -> {
                try {
                    owner.call(() -> {
                        owner.runSideBySide(List.of(waits, waits));
                        return true;
                    });
                } catch (IllegalStateException _) {
                    told.set(Thread.currentThread().isInterrupted());
                }
            });
            caller.start();
            begun.await();
            caller.interrupt();
            caller.join();
            assertThat(ended.await(1, TimeUnit.MINUTES)).isTrue();
            assertThat(told).isTrue();
        }
    }
}
