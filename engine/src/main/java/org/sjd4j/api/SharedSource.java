package org.sjd4j.api;

import java.util.Arrays;
import java.util.Optional;

/** One source for several workers: the next image goes to whoever has the fewest. */
final class SharedSource {
    /** How long a worker without images waits before it asks again, while others have some. */
    private static final long NAP_MILLIS = 5;

    /** The same while nobody has any: the first worker waits for the source then, and wakes the others. */
    private static final long REST_MILLIS = 100;

    private final GenerationSource source;
    private final int most;
    private final int[] images;
    private int asking;

    SharedSource(GenerationSource source, BatchLimits limits) {
        this.source = source;
        this.most = limits.images();
        this.images = new int[limits.workers()];
    }

    /** The source as a worker sees it. */
    GenerationSource of(int worker) {
        return new View(worker);
    }

    /** How many workers have images now, at least 1. */
    synchronized int atWork() {
        return Math.max(
                1, (int) Arrays.stream(images).filter(count -> count > 0).count());
    }

    private synchronized int allImages() {
        return Arrays.stream(images).sum();
    }

    /** Whether a worker may ask the source: if nobody has fewer images, and there is room for what it may get. */
    private synchronized boolean asks(int worker) {
        boolean may = images[worker] == Arrays.stream(images).min().orElseThrow() && allImages() + asking < most;
        if (may) {
            asking++;
        }
        return may;
    }

    private synchronized void asked(int worker, boolean found) {
        asking--;
        if (found) {
            images[worker]++;
            notifyAll();
        }
    }

    private synchronized void leaves(int worker) {
        images[worker]--;
    }

    private synchronized void rest() throws InterruptedException {
        wait(allImages() == 0 ? REST_MILLIS : NAP_MILLIS);
    }

    private final class View implements GenerationSource {
        private final int worker;

        View(int worker) {
            this.worker = worker;
        }

        @Override
        public Optional<GenerationTask> next(boolean idle) throws InterruptedException {
            boolean allIdle = worker == 0 && allImages() == 0;
            var task = ask(allIdle);
            if (task.isEmpty() && idle && !allIdle && !source.ended()) {
                rest();
            }
            return task.map(found -> new Counted(found, worker));
        }

        private Optional<GenerationTask> ask(boolean allIdle) throws InterruptedException {
            if (!asks(worker)) {
                return Optional.empty();
            }
            boolean found = false;
            try {
                var task = source.next(allIdle);
                found = task.isPresent();
                return task;
            } finally {
                asked(worker, found);
            }
        }

        @Override
        public void passed(int together, int rows, long nanos) {
            source.passed(allImages(), rows, nanos);
        }

        @Override
        public boolean ended() {
            return source.ended();
        }
    }

    /** A task that is counted until it ends. */
    private final class Counted implements GenerationTask {
        private final GenerationTask task;
        private final int worker;

        Counted(GenerationTask task, int worker) {
            this.task = task;
            this.worker = worker;
        }

        @Override
        public Request request() {
            return task.request();
        }

        @Override
        public boolean cancelled() {
            return task.cancelled();
        }

        @Override
        public void started() {
            task.started();
        }

        @Override
        public void stepped(Progress progress) {
            task.stepped(progress);
        }

        @Override
        public void finished(GeneratedImage image) {
            leaves(worker);
            task.finished(image);
        }

        @Override
        public void failed(Throwable reason) {
            leaves(worker);
            task.failed(reason);
        }

        @Override
        public void left() {
            leaves(worker);
            task.left();
        }
    }
}
