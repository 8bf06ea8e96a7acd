package org.sjd4j.tensor;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The one platform thread that makes all native calls of a model. LibTorch keeps memory per thread, so work comes to the
 * thread and not the thread to the work.
 */
public final class OwnerThread implements AutoCloseable {
    private final ExecutorService executor;

    /** Starts a thread of this name. */
    public OwnerThread(String name) {
        executor = Executors.newSingleThreadExecutor(work -> {
            var thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Runs work on the thread and waits for it.
     *
     * @throws IllegalStateException if the waiting thread is interrupted; the work is then interrupted as well
     */
    public <T> T call(Callable<T> work) {
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
        executor.close();
    }
}
