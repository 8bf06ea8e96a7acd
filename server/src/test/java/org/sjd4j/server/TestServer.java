package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.BatchLimits;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Progress;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.decode.Decoders;
import org.sjd4j.family.Defaults;
import org.sjd4j.server.generate.GenerationListener;
import org.sjd4j.server.generate.Leaving;
import org.sjd4j.server.generate.Metrics;
import org.sjd4j.server.generate.ServedModel;
import org.sjd4j.server.generate.Ticket;
import org.sjd4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** A server over the bundled model, and a client that knows nothing but HTTP. */
final class TestServer implements AutoCloseable {
    static final String PROMPT = "red apple, noto style";
    static final int BATCH = 5;

    /** Against hanging; nothing here takes so long on any machine. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final Path TEMPORARY = temporaryOfAll();

    private final HttpClient client = HttpClient.newHttpClient();
    private final SjdServer server;
    private final ServedModel served;
    private final CompletableFuture<Throwable> dead;

    private TestServer(SjdServer server, ServedModel served, CompletableFuture<Throwable> dead) {
        this.server = server;
        this.served = served;
        this.dead = dead;
    }

    /** A server whose images are shared out among so many workers; what holds one worker does not hold the others. */
    static TestServer startWithWorkers(int workers, int queue) {
        var model = TextToImage.open(BundledModel.directory(), "cpu");
        var batch = new BatchLimits(BATCH, 64, workers);
        return start(model, temporary(), queue, options -> options, ConnectionLimits.USUAL, batch);
    }

    static TestServer start() {
        return start(temporary(), 16, options -> options);
    }

    /** A server over the tiny checkpoint, which it calls by the same name: where no picture matters, this is much faster. */
    static TestServer startTiny(int queue, UnaryOperator<ServerOptions> changes) {
        return start(TinyCheckpoint.write(temporary()), temporary(), queue, changes);
    }

    static TestServer start(Path directory, int queue, UnaryOperator<ServerOptions> changes) {
        return start(BundledModel.directory(), directory, queue, changes);
    }

    static TestServer start(Path checkpoint, Path directory, int queue, UnaryOperator<ServerOptions> changes) {
        return start(TextToImage.open(checkpoint, "cpu"), directory, queue, changes);
    }

    static TestServer start(
            TextToImage model,
            Path directory,
            int queue,
            UnaryOperator<ServerOptions> changes,
            ConnectionLimits limits) {
        return start(model, directory, queue, changes, limits, new BatchLimits(BATCH, 64));
    }

    private static TestServer start(
            TextToImage model,
            Path directory,
            int queue,
            UnaryOperator<ServerOptions> changes,
            ConnectionLimits limits,
            BatchLimits batch) {
        var metrics = new Metrics();
        var dead = new CompletableFuture<Throwable>();
        var usual = model.defaults();
        var defaults = new Defaults(Decoders.SJD_EXACT, usual.settings(), usual.sampling());
        var served = new ServedModel(
                BundledModel.NAME, Recipe.Parts.NONE, model, defaults, List.of(PROMPT), queue, batch, dead::complete);
        var options = changes.apply(ServerOptions.local(0, directory));
        try {
            return new TestServer(SjdServer.start(options, List.of(served), metrics, limits), served, dead);
        } catch (RuntimeException e) {
            served.close();
            throw e;
        }
    }

    static TestServer start(TextToImage model, Path directory, int queue, UnaryOperator<ServerOptions> changes) {
        return start(model, directory, queue, changes, ConnectionLimits.USUAL);
    }

    /** A new directory, which is deleted when the tests end. */
    static Path temporary() {
        try {
            return Files.createTempDirectory(TEMPORARY, "directory");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path temporaryOfAll() {
        try {
            Path directory = Files.createTempDirectory("sjd4j-server");
            Runtime.getRuntime()
                    .addShutdownHook(
                            new Thread(() -> org.assertj.core.util.Files.delete(directory.toFile()), "sjd4j-clean"));
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until a first image was made. */
    TestServer awaitReady() throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!server.ready()) {
            if (dead.isDone() || System.nanoTime() > end) {
                throw new IllegalStateException("the server does not become ready", dead.getNow(null));
            }
            Thread.sleep(20);
        }
        return this;
    }

    /** Keeps the model from generating until the result is closed: what is asked for meanwhile waits. */
    Hold hold() throws InterruptedException {
        var hold = new Hold(new CountDownLatch(1), new CountDownLatch(1));
        var defaults = served.defaults();
        var request = new Request("held", 0, defaults.decoder(), defaults.settings(), defaults.sampling());
        served.queue().restore(List.of(new Ticket("hold", request, PATIENCE, hold, new Metrics())));
        assertThat(hold.begun.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return hold;
    }

    /** An image whose beginning ends when this is closed. */
    record Hold(CountDownLatch begun, CountDownLatch end) implements GenerationListener, AutoCloseable {
        @Override
        public void started() {
            begun.countDown();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void finished(GeneratedImage image) {}

        @Override
        public void failed(Throwable reason) {}

        @Override
        public void left(Leaving why) {}

        @Override
        public void close() {
            end.countDown();
        }
    }

    /**
     * Keeps the model from making passes until it is told to: what is asked for joins at the next one, and no image is finished
     * before the test is ready for it.
     */
    Gate gate() throws InterruptedException {
        var gate = new Gate(served.defaults());
        served.queue().restore(List.of(gate.ticket));
        assertThat(gate.begun.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return gate;
    }

    /**
     * An image that takes a token with each pass, and each pass ends when it is told to. It is the first of the batch, so that no other
     * one goes on before.
     */
    static final class Gate implements GenerationListener, AutoCloseable {
        private final CountDownLatch begun = new CountDownLatch(1);
        private final Semaphore passes = new Semaphore(0);
        private final Ticket ticket;

        Gate(Defaults defaults) {
            var request = new Request("gate", 0, Decoders.AR, defaults.settings(), defaults.sampling());
            ticket = new Ticket("gate", request, Duration.ofDays(1), this, new Metrics());
        }

        /** Lets the model make one more pass, before which images join that wait, and those leave that are cancelled. */
        void pass() {
            pass(1);
        }

        /** Lets the model make so many more passes. */
        void pass(int count) {
            passes.release(count);
        }

        @Override
        public void stepped(Progress progress) {
            begun.countDown();
            try {
                passes.acquire();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void finished(GeneratedImage image) {}

        @Override
        public void failed(Throwable reason) {}

        @Override
        public void left(Leaving why) {}

        /** The model does what it likes from now on. */
        @Override
        public void close() {
            ticket.cancel();
            passes.release();
        }
    }

    /** The sum of what {@code /metrics} says of a name, with whatever labels; 0 if it says nothing. */
    double metric(String name) {
        try {
            return get("/metrics")
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                    .sum();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Requests for images whose answers have ended, however they did. */
    double answered() {
        return metric("sjd_requests_total{route=\"/v1/images/generations\"");
    }

    /** The image of an answer, in Base64. */
    static String image(HttpResponse<String> answer) {
        return json(answer).get("data").get(0).get("b64_json").stringValue();
    }

    /** What the server says an image would take token by token, or 0 if it does not know. */
    double autoregressionSeconds() {
        try {
            return json(get("/api/info"))
                    .get("models")
                    .get(0)
                    .get("autoregression_seconds")
                    .doubleValue(0);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits for something that will happen soon. */
    static void eventually(BooleanSupplier condition, String what) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            Thread.sleep(10);
        }
    }

    int port() {
        return server.port();
    }

    SjdServer server() {
        return server;
    }

    URI uri(String path) {
        return URI.create("http://localhost:" + port() + path);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(uri(path)).timeout(PATIENCE);
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    byte[] bytes(String path) throws IOException, InterruptedException {
        return client.send(request(path).build(), BodyHandlers.ofByteArray()).body();
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    HttpRequest.Builder posting(String path, String json) {
        return request(path).header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(json));
    }

    HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
        return send(posting(path, json));
    }

    HttpResponse<String> generate(String json) throws IOException, InterruptedException {
        return post("/v1/images/generations", json);
    }

    /** The bytes of an image's file in an answer. */
    static byte[] file(JsonNode image) {
        return Base64.getDecoder().decode(image.get("b64_json").stringValue());
    }

    static JsonNode json(HttpResponse<String> response) {
        return Json.read(response.body(), JsonNode.class);
    }

    @Override
    public void close() {
        server.close();
        client.close();
    }

    /** Expects an error in the form of OpenAI's. */
    static void assertError(HttpResponse<String> response, int status, @Nullable String param, String code) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        var error = json(response).get("error");
        assertThat(error.propertyNames()).containsExactlyInAnyOrder("message", "type", "param", "code");
        assertThat(error.get("message").stringValue()).isNotBlank().doesNotContain("org.sjd4j", "Exception");
        assertThat(error.get("param").isNull() ? null : error.get("param").stringValue())
                .isEqualTo(param);
        assertThat(error.get("code").isNull() ? null : error.get("code").stringValue())
                .isEqualTo(code);
    }
}
