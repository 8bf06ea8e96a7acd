package org.sjd4j.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The one platform thread that makes all native calls of a model, but for those that it hands to its {@link PartnerThread} or
 * shares with helpers. LibTorch keeps memory per thread, so work comes to the thread and not the thread to the work.
 */
public final class OwnerThread implements AutoCloseable {
    private final ExecutorService executor;
    private final AtomicReference<@Nullable Thread> thread = new AtomicReference<>();
    private final Set<Thread> helpers = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Work that may be interrupted. */
    @FunctionalInterface
    public interface Work {
        /** Does the work. */
        void run() throws InterruptedException;
    }

    /** Starts a thread of this name. */
    public OwnerThread(String name) {
        executor = Executors.newSingleThreadExecutor(work -> {
            var made = new Thread(work, name);
            made.setDaemon(true);
            thread.set(made);
            return made;
        });
    }

    /**
     * Runs work on the thread and waits for it; at once if this is the thread or a helper of it, as in an observer.
     *
     * @throws IllegalStateException if the waiting thread is interrupted; the work is then interrupted as well
     */
    public <T> T call(Callable<T> work) {
        if (isThis()) {
            try {
                return work.call();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
        Future<T> result = executor.submit(work);
        try {
            return result.get();
        } catch (InterruptedException e) {
            result.cancel(true);
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the model's thread", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    private boolean isThis() {
        return Thread.currentThread() == thread.get() || helpers.contains(Thread.currentThread());
    }

    /**
     * Does several pieces of work side by side: the first one on the thread, which must be the calling one, and each of the others
     * on a helper that lives as long. If one fails, the others are interrupted.
     *
     * @throws InterruptedException if the thread is interrupted; then the helpers are as well
     */
    public void runSideBySide(List<Work> works) throws InterruptedException {
        var side = new SideBySide(works.size());
        var threads = new ArrayList<Thread>(List.of(Thread.currentThread()));
        for (int i = 1; i < works.size(); i++) {
            int index = i;
            var helper = new Thread(
                    () -> side.run(index, works.get(index)),
                    Thread.currentThread().getName() + "-" + (i + 1));
            helper.setDaemon(true);
            threads.add(helper);
        }
        side.threads = List.copyOf(threads);
        var started = threads.subList(1, threads.size());
        helpers.addAll(started);
        try {
            side.run(0, () -> {
                started.forEach(Thread::start);
                works.getFirst().run();
            });
            side.join();
        } finally {
            started.forEach(helpers::remove);
        }
        side.rethrow();
    }

    /** Pieces of work at the same time, and the first failure among them. */
    private static final class SideBySide {
        private final boolean[] ended;
        private List<Thread> threads = List.of();
        private @Nullable Throwable failure;

        SideBySide(int count) {
            ended = new boolean[count];
        }

        void run(int index, Work work) {
            Throwable thrown = null;
            try {
                work.run();
            } catch (InterruptedException | RuntimeException | Error e) {
                thrown = e;
            }
            end(index, thrown);
        }

        private synchronized void end(int index, @Nullable Throwable thrown) {
            ended[index] = true;
            if (thrown != null && failure == null) {
                failure = thrown;
                interruptOthers();
            }
        }

        private void interruptOthers() {
            for (int i = 0; i < ended.length; i++) {
                if (!ended[i]) {
                    threads.get(i).interrupt();
                }
            }
        }

        /** Waits for the helpers, however long they take. */
        void join() {
            for (Thread helper : threads.subList(1, threads.size())) {
                boolean joined = false;
                while (!joined) {
                    try {
                        helper.join();
                        joined = true;
                    } catch (InterruptedException e) {
                        end(0, e);
                    }
                }
            }
        }

        void rethrow() throws InterruptedException {
            switch (failure) {
                case null -> {}
                case InterruptedException e -> throw e;
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                default -> throw new IllegalStateException(failure);
            }
        }
    }

    /** Ends the thread after the work it has. */
    @Override
    public void close() {
        close(() -> {});
    }

    /**
     * Ends the thread after the work it has and a last piece of work, also if the waiting thread is interrupted. Only the
     * first call does anything.
     */
    public void close(Runnable last) {
        if (isThis()) {
            throw new IllegalStateException("the model's own thread cannot wait for its own end");
        }
        if (closed.getAndSet(true)) {
            return;
        }
        executor.execute(last);
        executor.shutdown();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = executor.awaitTermination(1, TimeUnit.DAYS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
