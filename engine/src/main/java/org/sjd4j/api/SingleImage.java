package org.sjd4j.api;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.StepObserver;

/** A batch of one image: a source that has one task, which keeps what becomes of it. */
final class SingleImage implements GenerationSource, GenerationTask {
    private final Request request;
    private final StepObserver observer;
    private boolean ended;
    private @Nullable GeneratedImage image;
    private @Nullable Throwable failure;

    SingleImage(Request request, StepObserver observer) {
        this.request = request;
        this.observer = observer;
    }

    @Override
    public Optional<GenerationTask> next(boolean idle) {
        if (ended) {
            return Optional.empty();
        }
        ended = true;
        return Optional.of(this);
    }

    @Override
    public boolean ended() {
        return ended;
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

    /** The image, or the failure is thrown. */
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
