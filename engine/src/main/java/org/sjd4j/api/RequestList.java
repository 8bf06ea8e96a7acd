package org.sjd4j.api;

import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.StepObserver;

/** A source of some requests, which keeps what becomes of each. */
final class RequestList implements GenerationSource {
    private final List<Task> tasks;
    private final Queue<GenerationTask> waiting;

    /** @param observer hears of every step of every image */
    RequestList(List<Request> requests, StepObserver observer) {
        tasks = requests.stream().map(request -> new Task(request, observer)).toList();
        waiting = new ConcurrentLinkedQueue<>(tasks);
    }

    private static final class Task implements GenerationTask {
        private final Request request;
        private final StepObserver observer;
        private @Nullable GeneratedImage image;
        private @Nullable Throwable failure;

        Task(Request request, StepObserver observer) {
            this.request = request;
            this.observer = observer;
        }

        @Override
        public Request request() {
            return request;
        }

        @Override
        public boolean cancelled() {
            return false;
        }

        @Override
        public void started() {}

        @Override
        public void stepped(Progress progress) {
            observer.afterStep(progress.steps(), progress.accepted(), progress.tokens());
        }

        @Override
        public void finished(GeneratedImage finished) {
            image = finished;
        }

        @Override
        public void failed(Throwable reason) {
            failure = reason;
        }

        @Override
        public void left() {}

        GeneratedImage image() {
            switch (failure) {
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case null, default -> {}
            }
            if (image == null) {
                throw new IllegalStateException("the batch has ended without the image", failure);
            }
            return image;
        }
    }

    @Override
    public Optional<GenerationTask> next(boolean idle) {
        return Optional.ofNullable(waiting.poll());
    }

    @Override
    public boolean ended() {
        return waiting.isEmpty();
    }

    /** The finished images in the order of the requests, or the first failure is thrown. */
    List<GeneratedImage> images() {
        return tasks.stream().map(Task::image).toList();
    }
}
