package org.sjd4j.server.jobs;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.server.generate.Models;
import org.sjd4j.server.generate.QueueFullException;
import org.sjd4j.server.generate.RequestFields;
import org.sjd4j.server.http.ApiException;
import org.sjd4j.server.http.Body;
import org.sjd4j.server.http.EventStream;
import org.sjd4j.server.http.Exchange;
import org.sjd4j.server.http.Route;
import org.sjd4j.server.images.Encoding;

/** Jobs over HTTP: to accept, to watch, to cancel, and the history. */
public final class JobsApi {
    private static final Pattern ID = Pattern.compile("[0-9a-f]{24}");
    private static final long LOOK_MILLIS = 100;
    private static final int MOST_LISTED = 100;
    private static final int MOST_STREAMS = 200;
    private static final int LISTED = 24;
    private static final long LONGEST_SECONDS = 30L * 24 * 60 * 60;
    private static final Set<String> FIELDS = fields();

    private final Jobs jobs;
    private final Models models;
    private final Duration heartbeat;
    private final BooleanSupplier stopping;
    private final AtomicInteger streams = new AtomicInteger();

    /**
     * An API.
     *
     * @param jobs to offer
     * @param heartbeat how long a stream of events may be silent
     * @param stopping whether event streams must end
     */
    public JobsApi(Jobs jobs, Models models, Duration heartbeat, BooleanSupplier stopping) {
        this.jobs = jobs;
        this.models = models;
        this.heartbeat = heartbeat;
        this.stopping = stopping;
    }

    private static Set<String> fields() {
        var fields = new HashSet<>(RequestFields.ALL);
        fields.add("timeout");
        return Set.copyOf(fields);
    }

    /** What answers what. */
    public List<Route> routes() {
        return List.of(
                new Route("POST", "/api/jobs", this::add),
                new Route("GET", "/api/jobs", this::list),
                new Route("GET", "/api/jobs/{id}", this::show),
                new Route("DELETE", "/api/jobs/{id}", this::delete),
                new Route("GET", "/api/jobs/{id}/events", this::events),
                new Route("GET", "/api/jobs/{id}/image", this::image),
                new Route("GET", "/api/jobs/{id}/preview", this::preview));
    }

    private void add(Exchange exchange) {
        var body = Body.of(exchange, FIELDS, RequestFields.OUR_OWN);
        var model = models.ready(body.text("model", 200));
        var requests = RequestFields.requests(body, model);
        if (requests.size() > model.queue().capacity()) {
            throw RequestFields.tooMany(model);
        }
        Long seconds = body.whole("timeout", 1, LONGEST_SECONDS);
        List<Job> added;
        try {
            String client = RequestFields.client(exchange, RequestFields.user(body));
            added = jobs.add(client, model, requests, seconds == null ? null : Duration.ofSeconds(seconds));
        } catch (QueueFullException e) {
            throw ApiException.busy("The queue is full; try again later.", 2);
        } catch (IllegalStateException e) {
            throw ApiException.unavailable("shutting_down", "The server is shutting down.", 30);
        }
        exchange.header("Location", "/api/jobs/" + added.getFirst().id());
        exchange.reply(202, Map.of("jobs", added.stream().map(this::view).toList()));
    }

    private Job job(Exchange exchange) {
        String id = exchange.variable("id");
        Job job = ID.matcher(id).matches() ? jobs.find(id) : null;
        if (job == null) {
            throw ApiException.request(404, "not_found", "There is no such job, or its time is over.");
        }
        return job;
    }

    private void list(Exchange exchange) {
        String before = exchange.query("before");
        if (before != null && !ID.matcher(before).matches()) {
            throw Body.invalid("before", "the id of a job");
        }
        String state = exchange.query("state");
        if (state != null
                && !Set.of("queued", "finished", "failed", "cancelled").contains(state)) {
            throw Body.invalid("state", "queued, finished, failed or cancelled");
        }
        String search = exchange.query("search");
        if (search != null && search.indexOf('\0') >= 0) {
            throw Body.invalid("search", "text without the character U+0000");
        }
        int limit = limit(exchange.query("limit"));
        var found = jobs.list(search == null || search.isBlank() ? null : search.strip(), before, state, limit + 1);
        exchange.header("Cache-Control", "no-store");
        exchange.reply(
                200,
                Map.of("jobs", found.stream().limit(limit).map(this::view).toList(), "more", found.size() > limit));
    }

    private static int limit(@Nullable String text) {
        try {
            int limit = text == null ? LISTED : Integer.parseInt(text);
            if (limit >= 1 && limit <= MOST_LISTED) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw Body.invalid("limit", "an integer from 1 to " + MOST_LISTED);
    }

    private void show(Exchange exchange) {
        Job job = job(exchange);
        LiveJob state = jobs.live(job.id());
        if (state != null) {
            state.watch();
        }
        exchange.header("Cache-Control", "no-store");
        exchange.reply(200, view(job));
    }

    /** Cancels what has not ended and removes what has; with {@code ?cancel=true}, what has just ended stays. */
    private void delete(Exchange exchange) throws InterruptedException {
        Job job = job(exchange);
        if (!job.state().ended()) {
            jobs.cancel(job);
            exchange.reply(200, view(job(exchange)));
        } else if ("true".equals(exchange.query("cancel"))) {
            exchange.reply(200, view(job));
        } else {
            jobs.remove(job);
            exchange.reply(204);
        }
    }

    private void events(Exchange exchange) throws Exception {
        Job job = job(exchange);
        if (exchange.method().equals("HEAD")) {
            exchange.reply(200);
            return;
        }
        if (streams.incrementAndGet() > MOST_STREAMS) {
            streams.decrementAndGet();
            throw ApiException.busy("Too many event streams are open.", 5);
        }
        try (var events = exchange.events()) {
            follow(exchange, events, job);
        } catch (IOException e) {
            throw new CancellationException("the client is gone");
        } finally {
            streams.decrementAndGet();
        }
    }

    private void follow(Exchange exchange, EventStream events, Job job) throws IOException, InterruptedException {
        Map<String, Object> last = Map.of();
        long sent = System.nanoTime();
        while (!stopping.getAsBoolean() && !exchange.gone()) {
            LiveJob state = jobs.live(job.id());
            Job now = state == null ? jobs.find(job.id()) : job;
            if (now == null) {
                return; // deleted
            }
            if (state != null) {
                state.watch();
            }
            var view = view(now);
            if (!view.equals(last)) {
                events.send("job", view);
                last = view;
                sent = System.nanoTime();
            } else if (System.nanoTime() - sent > heartbeat.toNanos()) {
                events.ping();
                sent = System.nanoTime();
            }
            if (now.state().ended()) {
                return;
            }
            Thread.sleep(LOOK_MILLIS);
        }
    }

    private void image(Exchange exchange) throws IOException {
        Job job = job(exchange);
        Path file = jobs.file(job.id());
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw ApiException.request(404, "not_found", "The job has no image.");
        }
        exchange.header("Cache-Control", "private, max-age=86400, immutable");
        if (exchange.query("download") != null) {
            exchange.header("Content-Disposition", "attachment; filename=\"" + fileName(job) + "\"");
        }
        exchange.reply(200, "image/png", bytes);
    }

    /** Seed and prompt in letters that every file system takes. */
    private static String fileName(Job job) {
        var request = job.recipe().request();
        String words = request.prompt()
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-|-$", "");
        String shortened = words.length() <= 60 ? words : words.substring(0, 60);
        return "sjd4j-%s-%s.png".formatted(request.seed(), shortened);
    }

    private void preview(Exchange exchange) {
        LiveJob state = jobs.live(job(exchange).id());
        if (state != null) {
            state.watch();
        }
        var preview = state == null ? null : state.preview();
        if (preview == null) {
            throw ApiException.request(404, "not_found", "There is no preview now.");
        }
        exchange.header("Cache-Control", "no-store");
        exchange.reply(200, "image/png", Encoding.PNG.encode(preview.image(), null));
    }

    private Map<String, Object> view(Job job) {
        LiveJob state = job.state().ended() ? null : jobs.live(job.id());
        boolean running = state != null && state.running();
        var progress = state == null ? null : state.latest();
        var preview = state == null ? null : state.preview();
        String path = "/api/jobs/" + job.id();
        var view = new LinkedHashMap<String, Object>();
        view.put("id", job.id());
        view.put("url", path);
        view.put("state", (running ? Job.State.RUNNING : job.state()).label());
        view.put("created", BigDecimal.valueOf(job.createdMillis(), 3));
        view.put("place", job.state().ended() || running ? null : jobs.place(job));
        view.put(
                "step",
                running ? Integer.valueOf(Objects.requireNonNull(progress).step()) : job.steps());
        view.put("steps_expected", running ? Objects.requireNonNull(progress).stepsExpected() : null);
        view.put("accepted", running ? Objects.requireNonNull(progress).accepted() : null);
        view.put("tokens", running && progress != null && progress.all() > 0 ? progress.all() : null);
        view.put("seconds", running ? Objects.requireNonNull(progress).seconds() : null);
        view.put("seconds_left", running ? Objects.requireNonNull(progress).secondsLeft() : null);
        view.put("preview", running && preview != null ? path + "/preview?step=" + preview.step() : null);
        view.put("image", job.state() == Job.State.FINISHED ? path + "/image" : null);
        view.put("request", request(job));
        view.put("result", job.result());
        view.put("error", job.error() == null ? null : Map.of("message", job.error()));
        return view;
    }

    private Map<String, Object> request(Job job) {
        var request = job.recipe().request();
        var size = request.size();
        var fields = new LinkedHashMap<String, Object>();
        fields.put("model", job.recipe().model());
        fields.put("prompt", request.prompt());
        fields.put("negative_prompt", request.negativePrompt());
        fields.put("seed", Long.toString(request.seed())); // as text, for JavaScript rounds numbers above 2^53
        fields.put("decoder", request.decoder().name());
        DecoderSettings.SETTINGS.forEach(setting -> fields.put(setting.name(), setting.value(request.settings())));
        Sampling.SETTINGS.forEach(setting -> fields.put(setting.name(), setting.value(request.sampling())));
        fields.put("size", size == null ? null : size.toString());
        return fields;
    }
}
