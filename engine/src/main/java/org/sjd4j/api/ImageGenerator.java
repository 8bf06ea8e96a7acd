package org.sjd4j.api;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.sampling.DecodingException;

/**
 * Generates images for many threads at a time: those that are asked for while others are generated share forward passes with them.
 * Each is the image that {@link TextToImage#generate(Request)} makes, as {@link TextToImage#generateTogether} says.
 *
 * <p>Images begin in the order in which they were asked for. While there are none, the model is free for other calls. Safe for use by many
 * threads.
 */
public final class ImageGenerator implements AutoCloseable {
    private final TextToImage model;
    private final BatchLimits limits;
    private final Monitor monitor;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<Task> waiting = new ArrayDeque<>();
    private final Thread thread;
    private int unfinished;
    private volatile boolean closed;

    /** Hears of every image, for metrics. Calls come from the threads that generate, which wait for them. */
    public interface Monitor {
        /** Hears nothing. */
        Monitor NONE = new Monitor() {};

        /**
         * An image is begun.
         *
         * @param waitedNanos since it was asked for
         */
        default void started(long waitedNanos) {}

        /** An image is finished. */
        default void finished(GeneratedImage image) {}

        /** An image could not be generated. */
        default void failed(Throwable reason) {}

        /**
         * An image was given up.
         *
         * @param cancelled by who asked for it; otherwise because all generation ends
         */
        default void left(boolean cancelled) {}
    }

    /** Hears of the steps of some images. Calls come from the threads that generate, which wait for them. */
    @FunctionalInterface
    public interface StepListener {
        /** Hears nothing. */
        StepListener NONE = (_, _) -> {};

        /**
         * Called after each step. What it throws ends the image.
         *
         * @param image its index among those that were asked for together
         */
        void stepped(int image, Progress progress);
    }

    /**
     * A generator of a model's images. The model stays the caller's, who closes it after the generator.
     *
     * @param limits how much is generated at a time
     */
    public ImageGenerator(TextToImage model, BatchLimits limits, Monitor monitor) {
        this.model = model;
        this.limits = limits;
        this.monitor = monitor;
        thread = Thread.ofPlatform().name("sjd4j-generate").daemon().start(this::run);
    }

    /**
     * Asks for images, which begin one after another as soon as there is room.
     *
     * @return the images in the order of the requests. If one fails, or this is cancelled, those that are left are given up before their next step.
     *     Work that depends on it runs on a thread that generates, unless it is given an executor
     * @throws IllegalStateException if the generator is closed
     */
    public CompletableFuture<List<GeneratedImage>> submit(List<Request> requests, StepListener listener) {
        var tasks = IntStream.range(0, requests.size())
                .mapToObj(i -> new Task(requests.get(i), i, listener))
                .toList();
        var all = together(tasks.stream().map(task -> task.future).toList());
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the image generator is closed");
            }
            waiting.addAll(tasks);
            unfinished += tasks.size();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        return all;
    }

    /** All images, or the first failure, after which the others are cancelled. */
    private static CompletableFuture<List<GeneratedImage>> together(List<CompletableFuture<GeneratedImage>> images) {
        var all = new CompletableFuture<List<GeneratedImage>>();
        for (var image : images) {
            var _ = image.whenComplete((_, failure) -> {
                if (failure != null) {
                    all.completeExceptionally(failure);
                }
            });
        }
        var _ = CompletableFuture.allOf(images.toArray(CompletableFuture[]::new))
                .thenRun(() -> all.complete(
                        images.stream().map(CompletableFuture::join).toList()));
        var _ = all.whenComplete((_, failure) -> {
            if (failure != null) {
                images.forEach(image -> image.cancel(false));
            }
        });
        return all;
    }

    /**
     * Generates images and waits for them. If one fails, those that are left are given up.
     *
     * @return in the order of the requests
     * @throws DecodingException as {@link TextToImage#generate(Request)}, or if the calling thread is interrupted
     * @throws IllegalStateException if the generator is closed before they are finished
     */
    public List<GeneratedImage> generate(List<Request> requests, StepListener listener) {
        return await(submit(requests, listener));
    }

    /**
     * Waits for images that were {@linkplain #submit asked for}; otherwise as {@link #generate}. They are given up if the calling thread is
     * interrupted.
     */
    public static List<GeneratedImage> await(CompletableFuture<List<GeneratedImage>> images) {
        try {
            return images.get();
        } catch (InterruptedException e) {
            images.cancel(false);
            Thread.currentThread().interrupt();
            throw new DecodingException("interrupted before the image was finished", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    /** Images that wait for their first step. */
    public int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (awaitWork()) {
            try {
                model.generateTogether(new Run(), limits);
            } catch (RuntimeException | Error e) {
                failAll(e);
            }
        }
    }

    /** Whether there is something to do, or else the generator is closed. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (unfinished == 0 && !closed) {
                changed.awaitUninterruptibly();
            }
            return unfinished > 0;
        } finally {
            lock.unlock();
        }
    }

    private void failAll(Throwable reason) {
        for (Task task = next(); task != null; task = next()) {
            task.failed(reason);
        }
    }

    private @Nullable Task next() {
        lock.lock();
        try {
            return waiting.poll();
        } finally {
            lock.unlock();
        }
    }

    private void ended() {
        lock.lock();
        try {
            unfinished--;
        } finally {
            lock.unlock();
        }
    }

    /** Gives up the images that are not finished, those that are generated after their step, and takes no more. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The images until there are none. That it has ended is final, so that all workers leave. */
    private final class Run implements GenerationSource {
        private boolean over;

        @Override
        public Optional<GenerationTask> next(boolean idle) {
            return ended() ? Optional.empty() : Optional.ofNullable(ImageGenerator.this.next());
        }

        @Override
        public boolean ended() {
            lock.lock();
            try {
                over |= unfinished == 0;
                return over;
            } finally {
                lock.unlock();
            }
        }
    }

    private final class Task implements GenerationTask {
        private final Request request;
        private final int index;
        private final StepListener listener;
        private final long born = System.nanoTime();
        private final CompletableFuture<GeneratedImage> future = new CompletableFuture<>();

        Task(Request request, int index, StepListener listener) {
            this.request = request;
            this.index = index;
            this.listener = listener;
        }

        @Override
        public Request request() {
            return request;
        }

        @Override
        public boolean cancelled() {
            return closed || future.isDone();
        }

        @Override
        public void started() {
            monitor.started(System.nanoTime() - born);
        }

        @Override
        public void stepped(Progress progress) {
            listener.stepped(index, progress);
        }

        @Override
        public void finished(GeneratedImage image) {
            ended();
            monitor.finished(image);
            future.complete(image);
        }

        @Override
        public void failed(Throwable reason) {
            ended();
            monitor.failed(reason);
            future.completeExceptionally(reason);
        }

        @Override
        public void left() {
            ended();
            monitor.left(future.isCancelled());
            future.completeExceptionally(
                    new IllegalStateException("the image was given up, because all generation ends"));
        }
    }
}
