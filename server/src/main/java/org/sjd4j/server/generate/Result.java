package org.sjd4j.server.generate;

import java.util.concurrent.CompletableFuture;
import org.sjd4j.api.GeneratedImage;

/** A listener that completes a future: with a {@link GivenUpException} if it was given up. */
public record Result(CompletableFuture<GeneratedImage> future) implements GenerationListener {
    @Override
    public void finished(GeneratedImage image) {
        future.complete(image);
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
