package org.sjd4j.server.generate;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.GenerationTask;
import org.sjd4j.api.Request;

/** An image that a client waits for, in the queue or in the making. Safe for use by many threads. */
public final class Ticket implements GenerationTask {
    private final String client;
    private final Request request;
    private final GenerationListener listener;
    private final Metrics metrics;
    private final long born = System.nanoTime();
    private final long patience;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile boolean cancelled;
    private volatile boolean abandoned;

    /**
     * An image.
     *
     * @param client who asks: clients take turns
     * @param patience after which it is given up
     */
    public Ticket(String client, Request request, Duration patience, GenerationListener listener, Metrics metrics) {
        this.client = client;
        this.request = request;
        this.patience = patience.toNanos();
        this.listener = listener;
        this.metrics = metrics;
    }

    /** Who asks. */
    public String client() {
        return client;
    }

    @Override
    public Request request() {
        return request;
    }

    /** Gives the image up: at once if it waits, else before the next step. */
    public void cancel() {
        cancelled = true;
    }

    /** Gives the image up because the server stops. */
    void abandon() {
        abandoned = true;
    }

    private boolean late() {
        return System.nanoTime() - born > patience;
    }

    @Override
    public boolean cancelled() {
        return cancelled || abandoned || late();
    }

    @Override
    public void started() {
        metrics.waited(System.nanoTime() - born);
        listener.started();
    }

    @Override
    public void stepped(int step, int accepted, int all, Preview preview) {
        listener.stepped(step, accepted, all, preview);
    }

    @Override
    public void finished(GeneratedImage image) {
        if (!over.getAndSet(true)) {
            metrics.finished(image);
            listener.finished(image);
        }
    }

    @Override
    public void failed(Throwable reason) {
        if (!over.getAndSet(true)) {
            metrics.ended("failed");
            listener.failed(reason);
        }
    }

    @Override
    public void left() {
        if (!over.getAndSet(true)) {
            Leaving why = cancelled ? Leaving.CANCELLED : !abandoned && late() ? Leaving.LATE : Leaving.ABANDONED;
            metrics.ended(why.name().toLowerCase(Locale.ROOT));
            listener.left(why);
        }
    }
}
