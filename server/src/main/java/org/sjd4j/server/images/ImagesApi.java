package org.sjd4j.server.images;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.sjd4j.pipeline.GeneratedPicture;
import org.sjd4j.pipeline.Request;
import org.sjd4j.server.draw.Metrics;
import org.sjd4j.server.draw.Models;
import org.sjd4j.server.draw.QueueFullException;
import org.sjd4j.server.draw.RequestFields;
import org.sjd4j.server.draw.Result;
import org.sjd4j.server.draw.ServedModel;
import org.sjd4j.server.draw.Ticket;
import org.sjd4j.server.http.ApiException;
import org.sjd4j.server.http.Body;
import org.sjd4j.server.http.EventStream;
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
    private static final int MOST_PREVIEWS = 3;
    private static final long LOOK_MILLIS = 20;
    private static final long PING_MILLIS = 5000;
    private static final String FILES = "/v1/images/files/";
    private static final Set<String> FIELDS = fields();

    private final Models models;
    private final Metrics metrics;
    private final Duration patience;
    private final Links links = new Links();

    /** @param patience of a request that sets no shorter one */
    public ImagesApi(Models models, Metrics metrics, Duration patience) {
        this.models = models;
        this.metrics = metrics;
        this.patience = patience;
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
                "partial_images",
                "user"));
        return Set.copyOf(fields);
    }

    /** What answers what. */
    public List<Route> routes() {
        return List.of(
                new Route("POST", "/v1/images/generations", this::generate),
                new Route("GET", FILES + "{name}", this::file),
                new Route("GET", "/v1/models", this::list),
                new Route("GET", "/v1/models/{id}", this::model));
    }

    /**
     * The fields that say in what form pictures are wanted.
     *
     * @param byUrl whether as addresses
     * @param quality that was asked for, for the answer
     * @param previews while a picture is drawn
     */
    private record Form(Encoding encoding, boolean byUrl, String quality, boolean stream, int previews) {
        static Form of(Body body) {
            String format = body.choice("output_format", List.of("png", "jpeg", "webp"));
            if ("webp".equals(format)) {
                throw Body.invalid("output_format", "png or jpeg; webp cannot be written here");
            }
            Long compression = body.whole("output_compression", 0, 100);
            if (compression != null && !"jpeg".equals(format)) {
                throw Body.invalid("output_compression", "none unless output_format is jpeg");
            }
            var encoding = "jpeg".equals(format)
                    ? new Encoding("jpeg", compression == null ? 1 : compression / 100f)
                    : Encoding.PNG;
            String background = body.choice("background", List.of("transparent", "opaque", "auto"));
            if ("transparent".equals(background)) {
                throw Body.invalid("background", "opaque or auto; pictures here are not transparent");
            }
            var _ = body.choice("moderation", List.of("low", "auto"));
            var _ = body.choice("style", List.of("vivid", "natural"));
            var _ = body.text("user", 1000);
            String quality = body.choice("quality", List.of("auto", "low", "medium", "high", "standard", "hd"));
            String response = body.choice("response_format", List.of("url", "b64_json"));
            boolean stream = Boolean.TRUE.equals(body.flag("stream"));
            Long previews = body.whole("partial_images", 0, MOST_PREVIEWS);
            return new Form(
                    encoding,
                    "url".equals(response),
                    quality == null || !List.of("low", "medium", "high").contains(quality) ? "high" : quality,
                    stream,
                    previews == null ? 0 : previews.intValue());
        }
    }

    private void generate(Exchange exchange) throws Exception {
        var body = Body.of(exchange, FIELDS, RequestFields.OUR_OWN);
        var model = models.ready(body.text("model", 200));
        var requests = RequestFields.requests(body, model);
        var form = Form.of(body);
        if (form.stream && requests.size() > 1) {
            throw Body.invalid("n", "1 when stream is true: events do not say which picture they belong to");
        }
        if (form.stream) {
            stream(exchange, model, requests.getFirst(), form);
        } else {
            answer(exchange, model, requests, form);
        }
    }

    /** What the client waits for at most: openai-java says so in a header. */
    private Duration patience(Exchange exchange) {
        String seconds = exchange.header("X-Stainless-Timeout");
        try {
            return seconds == null || Double.parseDouble(seconds) <= 0
                    ? patience
                    : Duration.ofMillis((long) Math.min(patience.toMillis(), Double.parseDouble(seconds) * 1000));
        } catch (NumberFormatException e) {
            return patience;
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
        var futures = new ArrayList<CompletableFuture<GeneratedPicture>>();
        for (Request request : requests) {
            var future = new CompletableFuture<GeneratedPicture>();
            futures.add(future);
            tickets.add(new Ticket(exchange.client(), request, patience(exchange), new Result(future), metrics));
        }
        enqueue(model, tickets);
        var pictures = new ArrayList<GeneratedPicture>();
        try {
            for (var future : futures) {
                pictures.add(await(exchange, future));
            }
        } finally {
            tickets.forEach(Ticket::cancel);
        }
        var data = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < pictures.size(); i++) {
            byte[] file = form.encoding.encode(pictures.get(i).image(), model.recipe(requests.get(i)));
            data.add(
                    Map.of(form.byUrl ? "url" : "b64_json", form.byUrl ? address(exchange, file, form) : base64(file)));
        }
        var answer = new LinkedHashMap<String, Object>();
        answer.put("created", now());
        answer.put("data", data);
        answer.putAll(properties(model, requests.getFirst(), form));
        answer.put("usage", usage(model, requests.getFirst(), pictures));
        exchange.reply(200, answer);
    }

    private static GeneratedPicture await(Exchange exchange, CompletableFuture<GeneratedPicture> future)
            throws Exception {
        while (true) {
            try {
                return future.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (exchange.gone()) {
                    throw new CancellationException("the client is gone");
                }
            } catch (ExecutionException e) {
                throw failure(exchange, Objects.requireNonNull(e.getCause()));
            }
        }
    }

    /** What a client hears of a picture that was not made. */
    private static Exception failure(Exchange exchange, Throwable reason) {
        return switch (reason) {
            case TimeoutException _ -> {
                exchange.header("X-Should-Retry", "false");
                yield ApiException.unavailable("deadline_exceeded", "The picture was not finished in time.", 0);
            }
            case CancellationException _ ->
                ApiException.unavailable("shutting_down", "The server is shutting down.", 30);
            default -> {
                LOG.error("{} a picture failed", exchange.id(), reason);
                yield ApiException.server(
                        "The picture could not be drawn; the server's log has more under " + exchange.id() + ".");
            }
        };
    }

    /** What a stream hears from the model's thread. */
    private sealed interface News {
        record Preview(java.awt.image.BufferedImage image) implements News {}

        record Finished(GeneratedPicture picture) implements News {}

        record Failed(Throwable reason) implements News {}
    }

    /** Hears of a picture on the model's thread, makes previews there, and leaves the rest to the request's. */
    private static final class Reporter implements org.sjd4j.server.draw.DrawingListener {
        private final BlockingQueue<News> news = new LinkedBlockingQueue<>();
        private final int previews;
        private int shown;

        Reporter(int previews) {
            this.previews = previews;
        }

        @Override
        public void stepped(int step, int accepted, int all, org.sjd4j.pipeline.PictureTask.Preview preview) {
            if (shown < previews && accepted < all && accepted * (previews + 1L) >= (shown + 1L) * all) {
                shown++;
                news.add(new News.Preview(preview.image()));
            }
        }

        @Override
        public void finished(GeneratedPicture picture) {
            news.add(new News.Finished(picture));
        }

        @Override
        public void failed(Throwable reason) {
            news.add(new News.Failed(reason));
        }

        @Override
        public void left(boolean late) {
            news.add(new News.Failed(late ? new TimeoutException() : new CancellationException()));
        }
    }

    private void stream(Exchange exchange, ServedModel model, Request request, Form form) throws Exception {
        var reporter = new Reporter(form.previews);
        var ticket = new Ticket(exchange.client(), request, patience(exchange), reporter, metrics);
        enqueue(model, List.of(ticket));
        try (var events = exchange.events()) {
            report(exchange, events, reporter.news, model, request, form);
        } catch (IOException e) {
            throw new CancellationException("the client is gone");
        } finally {
            ticket.cancel();
        }
    }

    private static void report(
            Exchange exchange,
            EventStream events,
            BlockingQueue<News> news,
            ServedModel model,
            Request request,
            Form form)
            throws IOException, InterruptedException {
        int index = 0;
        long silence = System.nanoTime();
        while (true) {
            News next = news.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            if (next != null) {
                silence = System.nanoTime();
            } else if (exchange.gone()) {
                return;
            } else if (System.nanoTime() - silence > PING_MILLIS * 1_000_000) {
                events.ping();
                silence = System.nanoTime();
            }
            switch (next) {
                case null -> {}
                case News.Preview preview -> {
                    var event = event("image_generation.partial_image", form.encoding.encode(preview.image, null));
                    event.putAll(properties(model, request, form));
                    event.put("partial_image_index", index++);
                    events.send("image_generation.partial_image", event);
                }
                case News.Finished finished -> {
                    byte[] file = form.encoding.encode(finished.picture.image(), model.recipe(request));
                    var event = event("image_generation.completed", file);
                    event.putAll(properties(model, request, form));
                    event.put("usage", usage(model, request, List.of(finished.picture)));
                    events.send("image_generation.completed", event);
                    return;
                }
                case News.Failed failed -> {
                    if (failure(exchange, failed.reason) instanceof ApiException refusal) {
                        events.send("error", refusal.body());
                    }
                    return;
                }
            }
        }
    }

    private static Map<String, Object> event(String type, byte[] file) {
        var event = new LinkedHashMap<String, Object>();
        event.put("type", type);
        event.put("b64_json", base64(file));
        event.put("created_at", now());
        return event;
    }

    private static Map<String, Object> properties(ServedModel model, Request request, Form form) {
        var properties = new LinkedHashMap<String, Object>();
        properties.put("background", "opaque");
        properties.put("output_format", form.encoding.name());
        properties.put(
                "size",
                Objects.requireNonNullElse(request.size(), model.model().size()).toString());
        properties.put("quality", form.quality);
        return properties;
    }

    /** Tokens of the prompt and of the pictures. */
    private static Map<String, Object> usage(ServedModel model, Request request, List<GeneratedPicture> pictures) {
        int text = model.model().description().notes(request.prompt()).words();
        int image =
                pictures.stream().mapToInt(picture -> picture.tokens().length).sum();
        var usage = new LinkedHashMap<String, Object>();
        usage.put("input_tokens", text);
        usage.put("output_tokens", image);
        usage.put("total_tokens", text + image);
        usage.put("input_tokens_details", Map.of("text_tokens", text, "image_tokens", 0));
        usage.put("output_tokens_details", Map.of("text_tokens", 0, "image_tokens", image));
        return usage;
    }

    private static String base64(byte[] file) {
        return Base64.getEncoder().encodeToString(file);
    }

    private static long now() {
        return System.currentTimeMillis() / 1000;
    }

    private String address(Exchange exchange, byte[] file, Form form) {
        return "http://" + exchange.header("Host") + FILES + links.add(file, form.encoding);
    }

    private void file(Exchange exchange) {
        var link = links.get(exchange.variable("name"));
        exchange.header("Cache-Control", "private, max-age=" + Links.LIFE.toSeconds());
        exchange.reply(200, link.mediaType(), link.file());
    }

    /** A model as OpenAI lists them. */
    private record Listed(String id, String object, long created, String ownedBy) {
        static Listed of(ServedModel model) {
            return new Listed(model.id(), "model", model.created(), "sjd4j");
        }
    }

    private void list(Exchange exchange) {
        exchange.reply(
                200,
                Map.of(
                        "object",
                        "list",
                        "data",
                        models.all().stream().map(Listed::of).toList()));
    }

    private void model(Exchange exchange) {
        exchange.reply(200, Listed.of(models.named(exchange.variable("id"))));
    }
}
