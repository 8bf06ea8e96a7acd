package org.sjd4j.server.draw;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.sjd4j.pipeline.GeneratedPicture;

/** A listener that completes a future: with a {@link TimeoutException} if the picture was late. */
public record Result(CompletableFuture<GeneratedPicture> future) implements DrawingListener {
    @Override
    public void finished(GeneratedPicture picture) {
        future.complete(picture);
    }

    @Override
    public void failed(Throwable reason) {
        future.completeExceptionally(reason);
    }

    @Override
    public void left(boolean late) {
        future.completeExceptionally(late ? new TimeoutException("the deadline passed") : new CancellationException());
    }
}
