package org.sjd4j.tensor;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Runs two pieces of work at the same time: one on the calling thread and one on its partner, a thread that only it has.
 *
 * <p>A pass takes a millisecond, and waking a thread a good part of one. So both look out for each other a little while
 * before they sleep. Where the partner has not begun when the caller has finished, the machine is busy with something else,
 * and the caller does both.
 */
public final class PartnerThread {
    private static final ThreadLocal<PartnerThread> PARTNERS = ThreadLocal.withInitial(PartnerThread::new);

    private static final long NANOS_AWAKE = 50_000;
    private static final long NANOS_OF_A_NAP = 1_000_000;
    private static final long NANOS_UNTIL_THE_END = 5_000_000_000L;

    private final AtomicReference<@Nullable Task> handed = new AtomicReference<>();
    private @Nullable Thread thread;

    private PartnerThread() {}

    /**
     * Runs both and returns when both have ended. The partner's operators get as many threads as those of the calling thread.
     *
     * @throws RuntimeException or an error that one of them threw: the first one's, if both did
     */
    public static void runBoth(Runnable here, Runnable there) {
        PARTNERS.get().run(here, new Task(there, torch.get_num_threads(), Thread.currentThread()));
    }

    private void run(Runnable here, Task there) {
        hand(there);
        try {
            here.run();
        } catch (RuntimeException | Error e) {
            if (there.isTaken()) {
                there.await();
            }
            throw e;
        }
        if (!there.run()) {
            there.await();
        }
        there.rethrow();
    }

    private synchronized void hand(Task task) {
        handed.set(task);
        if (thread == null) {
            thread = new Thread(this::serve, "partner of " + task.caller.getName());
            thread.setDaemon(true);
            thread.start();
        } else {
            LockSupport.unpark(thread);
        }
    }

    private void serve() {
        long idleSince = System.nanoTime();
        while (true) {
            Task task = handed.get();
            long idle = System.nanoTime() - idleSince;
            if (task != null) {
                task.run();
                handed.compareAndSet(task, null);
                idleSince = System.nanoTime();
            } else if (idle < NANOS_AWAKE) {
                Thread.onSpinWait();
            } else if (idle < NANOS_UNTIL_THE_END) {
                LockSupport.parkNanos(this, NANOS_UNTIL_THE_END - idle);
            } else if (hasEnded()) {
                return;
            }
        }
    }

    /** A thread that has had no work for a while ends: nobody closes a partner. */
    private synchronized boolean hasEnded() {
        if (handed.get() != null) {
            return false;
        }
        thread = null;
        return true;
    }

    /** The partner's work, which either of the two may take. */
    private static final class Task {
        private final Runnable work;
        private final int threads;
        private final Thread caller;
        private final AtomicBoolean taken = new AtomicBoolean();
        private volatile boolean done;
        private @Nullable Throwable failure;

        Task(Runnable work, int threads, Thread caller) {
            this.work = work;
            this.threads = threads;
            this.caller = caller;
        }

        /** Runs the work, unless the other thread has taken it. Returns whether it ran here. */
        boolean run() {
            if (isTaken()) {
                return false;
            }
            try {
                torch.set_num_threads(threads);
                work.run();
            } catch (RuntimeException | Error e) {
                failure = e;
            }
            done = true;
            LockSupport.unpark(caller);
            return true;
        }

        /** Takes the work, or says that it was taken. */
        boolean isTaken() {
            return !taken.compareAndSet(false, true);
        }

        void await() {
            long until = System.nanoTime() + NANOS_AWAKE;
            while (!done) {
                if (System.nanoTime() < until) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.parkNanos(this, NANOS_OF_A_NAP);
                }
            }
        }

        void rethrow() {
            switch (failure) {
                case null -> {}
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                default -> throw new IllegalStateException(failure);
            }
        }
    }
}
