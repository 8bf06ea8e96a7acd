package org.sjd4j.tensor;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The one platform thread that makes all native calls of a model, but for those that it hands to its {@link PartnerThread}.
 * LibTorch keeps memory per thread, so work comes to the thread and not the thread to the work.
 */
public final class OwnerThread implements AutoCloseable {
    private final ExecutorService executor;
    private final AtomicReference<@Nullable Thread> thread = new AtomicReference<>();
    private final AtomicBoolean closed = new AtomicBoolean();

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
     * Runs work on the thread and waits for it; at once if this is the thread, as in an observer.
     *
     * @throws IllegalStateException if the waiting thread is interrupted; the work is then interrupted as well
     */
    public <T> T call(Callable<T> work) {
        if (Thread.currentThread() == thread.get()) {
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
        if (Thread.currentThread() == thread.get()) {
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
