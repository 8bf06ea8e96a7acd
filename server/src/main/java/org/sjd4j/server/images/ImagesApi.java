package org.sjd4j.server.images;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Request;
import org.sjd4j.server.generate.GivenUpException;
import org.sjd4j.server.generate.ImageQueue;
import org.sjd4j.server.generate.Leaving;
import org.sjd4j.server.generate.Metrics;
import org.sjd4j.server.generate.Models;
import org.sjd4j.server.generate.QueueFullException;
import org.sjd4j.server.generate.RequestFields;
import org.sjd4j.server.generate.Result;
import org.sjd4j.server.generate.ServedModel;
import org.sjd4j.server.generate.Ticket;
import org.sjd4j.server.http.ApiException;
import org.sjd4j.server.http.Body;
import org.sjd4j.server.http.Exchange;
import org.sjd4j.server.http.Route;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * OpenAI's images API (openai/openai-openapi, {@code CreateImageRequest}), with fields of our own beside it. What a field
 * asks for and the model cannot do is refused, not ignored.
 */
public final class ImagesApi {
    private static final Logger LOG = LoggerFactory.getLogger(ImagesApi.class);
    private static final long LOOK_MILLIS = 20;
    private static final String FILES = "/v1/images/files/";
    private static final Set<String> FIELDS = fields();
    private static final Set<String> EDIT_FIELDS = editFields();

    /** Bodies with images that are in memory at a time. */
    private static final int UPLOADS = 4;

    private final Models models;
    private final Metrics metrics;
    private final Duration patience;
    private final Duration heartbeat;
    private final Links links = new Links();
    private final Semaphore uploads = new Semaphore(UPLOADS);

    /**
     * An API.
     *
     * @param patience of a request that sets no shorter one
     * @param heartbeat how long a stream of events may be silent
     */
    public ImagesApi(Models models, Metrics metrics, Duration patience, Duration heartbeat) {
        this.models = models;
        this.metrics = metrics;
        this.patience = patience;
        this.heartbeat = heartbeat;
    }

    private static Set<String> fields() {
        var fields = new HashSet<>(RequestFields.ALL);
        fields.addAll(List.of(
                "quality",
                "response_format",
                "output_format",
                "output_compression",
                "background",
                "moderation",
                "style",
                "stream",
                "partial_images"));
        return Set.copyOf(fields);
    }

    private static Set<String> editFields() {
        var fields = new HashSet<>(FIELDS);
        fields.addAll(EditFiles.FIELDS);
        fields.add("input_fidelity");
        return Set.copyOf(fields);
    }

    /** What answers what. */
    public List<Route> routes() {
        return List.of(
                new Route("POST", "/v1/images/generations", this::generate),
                new Route("POST", "/v1/images/edits", this::edit),
                new Route("GET", FILES + "{name}", this::file));
    }

    private void generate(Exchange exchange) throws Exception {
        var body = Body.of(exchange, FIELDS, RequestFields.OUR_OWN);
        var model = models.ready(body.text("model", 200));
        serve(exchange, model, RequestFields.requests(body, model), Form.of(body));
    }

    /** OpenAI's {@code CreateImageEditRequest}: a form with files, or JSON with data URIs. */
    private void edit(Exchange exchange) throws Exception {
        if (!uploads.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            throw ApiException.busy("Too many images are being received; try again later.", 10);
        }
        ServedModel model;
        List<Request> requests;
        Form form;
        try {
            var body = Body.withImages(exchange, EDIT_FIELDS, RequestFields.OUR_OWN);
            model = models.ready(body.text("model", 200));
            form = Form.of(body);
            var _ = body.choice("input_fidelity", List.of("low", "high")); // what is kept is always kept exactly
            var edit = EditFiles.of(body).edit(model.model().description());
            requests = RequestFields.requests(body, model).stream()
                    .map(request -> request.editing(edit))
                    .toList();
            String size = body.text("size", Integer.MAX_VALUE);
            if (size != null && !size.equals("auto") && !size.equals(edit.size().toString())) {
                throw Body.invalid("size", "auto, or " + edit.size() + ", in which this model edits the image");
            }
        } finally {
            uploads.release();
        }
        serve(exchange, model, requests, form);
    }

    private void serve(Exchange exchange, ServedModel model, List<Request> requests, Form form) throws Exception {
        if (requests.size() > model.queue().capacity()) {
            throw RequestFields.tooMany(model);
        }
        if (form.stream() && requests.size() > 1) {
            throw Body.invalid("n", "1 when stream is true: events do not say which image they belong to");
        }
        if (form.stream() && form.byUrl()) {
            throw Body.invalid("response_format", "b64_json when stream is true: events carry the image");
        }
        if (form.stream()) {
            stream(exchange, model, requests.getFirst(), form);
        } else {
            answer(exchange, model, requests, form);
        }
    }

    /** What the client waits for at most: OpenAI's own clients say so in a header, each in one of two. */
    private Duration patience(Exchange exchange) {
        Duration shortest = patience;
        for (String name : List.of("X-Stainless-Timeout", "X-Stainless-Read-Timeout")) {
            double millis = 1000 * seconds(exchange.header(name));
            if (millis > 0 && millis < shortest.toMillis()) {
                shortest = Duration.ofMillis((long) millis);
            }
        }
        return shortest;
    }

    private static double seconds(@Nullable String text) {
        try {
            return text == null ? 0 : Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private void enqueue(ServedModel model, List<Ticket> tickets) {
        try {
            model.queue().add(tickets);
        } catch (QueueFullException e) {
            double each = model.autoregressionSeconds().orElse(1);
            throw ApiException.busy("The queue is full; try again later.", (int)
                    Math.clamp(Math.ceil(each * model.queue().size() / 2), 1, 60));
        } catch (IllegalStateException e) {
            throw ApiException.unavailable("shutting_down", "The server is shutting down.", 30);
        }
    }

    private void answer(Exchange exchange, ServedModel model, List<Request> requests, Form form) throws Exception {
        var tickets = new ArrayList<Ticket>();
        var futures = new ArrayList<CompletableFuture<GeneratedImage>>();
        for (Request request : requests) {
            var future = new CompletableFuture<GeneratedImage>();
            futures.add(future);
            tickets.add(new Ticket(
                    RequestFields.client(exchange, form.user()),
                    request,
                    patience(exchange),
                    new Result(future),
                    metrics));
        }
        enqueue(model, tickets);
        var images = new ArrayList<GeneratedImage>();
        try {
            for (var future : futures) {
                images.add(await(exchange, model.queue(), future));
            }
        } finally {
            tickets.forEach(Ticket::cancel);
            model.queue().dropCancelled();
        }
        exchange.reply(
                200,
                new Answer(model, form)
                        .response(requests, images, form.byUrl() ? file -> address(exchange, file, form) : null));
    }

    private static GeneratedImage await(Exchange exchange, ImageQueue queue, CompletableFuture<GeneratedImage> future)
            throws Exception {
        while (true) {
            try {
                return future.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                queue.dropCancelled(); // those that wait behind a full batch have deadlines too
                if (exchange.gone()) {
                    throw new CancellationException("the client is gone");
                }
            } catch (ExecutionException e) {
                throw failure(exchange, Objects.requireNonNull(e.getCause()));
            }
        }
    }

    /** What a client hears of an image that was not made. */
    private static ApiException failure(Exchange exchange, Throwable reason) {
        return switch (reason) {
            case GivenUpException e
            when e.why() == Leaving.LATE -> {
                exchange.header("X-Should-Retry", "false");
                yield ApiException.unavailable("deadline_exceeded", "The image was not finished in time.", 0);
            }
            case GivenUpException _ -> ApiException.unavailable("shutting_down", "The server is shutting down.", 30);
            default -> {
                LOG.error("{} an image failed", exchange.id(), reason);
                exchange.header("X-Should-Retry", "false"); // the same request fails again
                yield ApiException.server(
                        "The image could not be generated; the server's log has more under " + exchange.id() + ".");
            }
        };
    }

    private void stream(Exchange exchange, ServedModel model, Request request, Form form) throws Exception {
        var stream = new ImageStream(form.previews(), heartbeat);
        var ticket =
                new Ticket(RequestFields.client(exchange, form.user()), request, patience(exchange), stream, metrics);
        enqueue(model, List.of(ticket));
        try (var events = exchange.events()) {
            try {
                stream.send(exchange, events, new Answer(model, form), request, reason -> failure(exchange, reason));
            } catch (RuntimeException | OutOfMemoryError e) {
                events.send("error", failure(exchange, e).body());
            }
        } catch (IOException e) {
            throw new CancellationException("the client is gone");
        } finally {
            ticket.cancel();
            model.queue().dropCancelled();
        }
    }

    private String address(Exchange exchange, byte[] file, Form form) {
        return exchange.origin() + FILES + links.add(file, form.encoding());
    }

    private void file(Exchange exchange) {
        var link = links.get(exchange.variable("name"));
        exchange.header("Cache-Control", "private, max-age=" + Links.LIFE.toSeconds());
        exchange.reply(200, link.mediaType(), link.file());
    }
}
