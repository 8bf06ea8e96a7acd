package org.sjd4j.server.images;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Progress;
import org.sjd4j.api.Request;
import org.sjd4j.server.generate.GenerationListener;
import org.sjd4j.server.generate.GivenUpException;
import org.sjd4j.server.generate.Leaving;
import org.sjd4j.server.generate.Previews;
import org.sjd4j.server.http.ApiException;
import org.sjd4j.server.http.EventStream;
import org.sjd4j.server.http.Exchange;

/** An image as events: hears of it on a worker's thread, makes previews there, and sends from the request's. */
final class ImageStream implements GenerationListener {
    private static final long LOOK_MILLIS = 20;

    private final BlockingQueue<News> news = new LinkedBlockingQueue<>();
    private final int previews;
    private final Duration heartbeat;
    private final Previews maker = new Previews();
    private int shown;

    /**
     * A stream.
     *
     * @param previews to make while the image is generated
     * @param heartbeat how long it may be silent
     */
    ImageStream(int previews, Duration heartbeat) {
        this.previews = previews;
        this.heartbeat = heartbeat;
    }

    private sealed interface News {
        record Preview(BufferedImage image) implements News {}

        record Finished(GeneratedImage image) implements News {}

        record Failed(Throwable reason) implements News {}
    }

    @Override
    public void stepped(Progress progress) {
        int accepted = progress.accepted();
        int all = progress.length();
        if (shown < previews && accepted < all && accepted * (previews + 1L) >= (shown + 1L) * all && maker.due()) {
            shown++;
            maker.make(progress).ifPresent(image -> news.add(new News.Preview(image)));
        }
    }

    @Override
    public void finished(GeneratedImage image) {
        news.add(new News.Finished(image));
    }

    @Override
    public void failed(Throwable reason) {
        news.add(new News.Failed(reason));
    }

    @Override
    public void left(Leaving why) {
        news.add(new News.Failed(new GivenUpException(why)));
    }

    /**
     * Sends events until the image is there, or the client is gone.
     *
     * @param refusal what a client is told of a failure
     * @throws IOException if the client is gone
     */
    void send(
            Exchange exchange,
            EventStream events,
            Answer answer,
            Request request,
            Function<Throwable, ApiException> refusal)
            throws IOException, InterruptedException {
        int index = 0;
        long silence = System.nanoTime();
        while (true) {
            News next = news.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            if (next != null) {
                silence = System.nanoTime();
            } else if (exchange.gone()) {
                return;
            } else if (System.nanoTime() - silence > heartbeat.toNanos()) {
                events.ping();
                silence = System.nanoTime();
            }
            switch (next) {
                case null -> {}
                case News.Preview(var image) ->
                    events.send(Answer.partialType(request), answer.partial(request, image, index++));
                case News.Finished(var image) -> {
                    events.send(Answer.completedType(request), answer.completed(request, image));
                    return;
                }
                case News.Failed(var reason) -> {
                    events.send("error", refusal.apply(reason).body());
                    return;
                }
            }
        }
    }
}
