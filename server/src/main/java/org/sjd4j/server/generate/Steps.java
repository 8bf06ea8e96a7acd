package org.sjd4j.server.generate;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Progress;
import org.sjd4j.api.Request;

/**
 * The first steps of an image that the server generates for itself.
 *
 * @param itself what is given up when there were enough
 * @param goesOn asked after each step
 * @param broken is run if the model cannot make them
 */
record Steps(CompletableFuture<Ticket> itself, BooleanSupplier goesOn, Runnable broken) implements GenerationListener {
    private static final Duration FOREVER = Duration.ofDays(365);

    static Ticket ticket(Request request, Metrics metrics, BooleanSupplier goesOn, Runnable broken) {
        var steps = new Steps(new CompletableFuture<>(), goesOn, broken);
        var ticket = new Ticket("", request, FOREVER, steps, metrics);
        steps.itself.complete(ticket);
        return ticket;
    }

    @Override
    public void stepped(Progress progress) {
        if (!goesOn.getAsBoolean()) {
            itself.join().cancel();
        }
    }

    @Override
    public void finished(GeneratedImage image) {}

    @Override
    public void failed(Throwable reason) {
        broken.run();
    }

    @Override
    public void left(Leaving why) {}
}
