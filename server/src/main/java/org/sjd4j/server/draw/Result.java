package org.sjd4j.server.draw;

import java.util.concurrent.CompletableFuture;
import org.sjd4j.api.GeneratedImage;

/** A listener that completes a future: with a {@link GivenUpException} if it was given up. */
public record Result(CompletableFuture<GeneratedImage> future) implements GenerationListener {
    @Override
    public void finished(GeneratedImage picture) {
        future.complete(picture);
    }

    @Override
    public void failed(Throwable reason) {
        future.completeExceptionally(reason);
    }

    @Override
    public void left(Leaving why) {
        future.completeExceptionally(new GivenUpException(why));
    }
}
