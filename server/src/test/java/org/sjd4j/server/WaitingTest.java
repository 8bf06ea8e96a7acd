package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.eventually;
import static org.sjd4j.server.TestServer.json;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sjd4j.api.TextToImage;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.server.http.BodyLimits;
import org.sjd4j.server.http.Lingering;

/** What clients see while nothing is generated for them: before the model is ready, in the queue, on a silent connection. */
class WaitingTest {
    private static final String GOOD = "{\"prompt\":\"red apple\",\"seed\":%s%s}";
    private static final int QUEUE = 4;
    private static final Duration IDLE = Duration.ofSeconds(1);
    private static final ConnectionLimits LIMITS =
            new ConnectionLimits(IDLE, Duration.ofMillis(200), BodyLimits.USUAL, Lingering.Limits.USUAL);

    private static TestServer server;

    @BeforeAll
    static void start() throws InterruptedException {
        var model = TextToImage.open(TinyCheckpoint.write(TestServer.temporary()), "cpu");
        server = TestServer.start(model, TestServer.temporary(), QUEUE, options -> options, LIMITS)
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String code(HttpResponse<String> response) {
        return json(response).get("error").get("code").stringValue();
    }

    @Test
    void aModelThatIsBeingLoadedSaysSo() throws Exception {
        var model = TextToImage.open(TinyCheckpoint.write(TestServer.temporary()), "cpu");
        var taken = new CountDownLatch(1);
        var end = new CountDownLatch(1);
        var defaults = model.defaults();
        var request =
                new org.sjd4j.api.Request("red apple", 1, defaults.decoder(), defaults.settings(), defaults.sampling());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            threads.submit(() -> model.generate(request, (step, accepted, tokens) -> {
                taken.countDown();
                awaitQuietly(end); // the model's thread is busy: nothing warms up
            }));
            taken.await();
            try (var loading = TestServer.start(model, TestServer.temporary(), QUEUE, options -> options, LIMITS)) {
                assertThat(loading.get("/livez").statusCode()).isEqualTo(200);
                assertThat(loading.get("/v1/models").statusCode()).isEqualTo(200);
                for (var refused : new HttpResponse<?>[] {
                    loading.get("/readyz"),
                    loading.generate(GOOD.formatted(1, "")),
                    loading.generate(GOOD.formatted(1, ",\"stream\":true")),
                    loading.post("/api/jobs", GOOD.formatted(1, ""))
                }) {
                    assertThat(refused.statusCode()).isEqualTo(503);
                    assertThat(refused.headers().firstValue("Retry-After")).isPresent();
                    assertThat(refused.body().toString()).contains("\"model_loading\"", "\"server_error\"");
                }
                end.countDown();
                loading.awaitReady();
                assertThat(loading.metric("sjd_queue_wait_seconds_count"))
                        .as("what nobody asked for is not counted")
                        .isZero();
                assertThat(loading.get("/metrics").body()).doesNotContain("sjd_images_total{");
                assertThat(loading.get("/readyz").statusCode()).isEqualTo(200);
                assertThat(loading.generate(GOOD.formatted(1, "")).statusCode()).isEqualTo(200);
            } finally {
                end.countDown();
            }
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The queue is full and the model busy: the deadline is kept all the same, and nothing is generated for it. */
    @Test
    void whatIsLateInAFullQueueLeavesUngenerated() throws Exception {
        double begun = server.metric("sjd_queue_wait_seconds_count");
        double late = server.metric("sjd_images_total{outcome=\"late\"}");
        var clients = new ArrayList<Socket>();
        try (var hold = server.hold()) {
            for (int i = 0; i < QUEUE; i++) {
                clients.add(
                        RawHttp.open(server.port(), RawHttp.posting("/v1/images/generations", GOOD.formatted(i, ""))));
            }
            eventually(() -> server.metric("sjd_queue_depth") == QUEUE, "all wait");
            assertThat(code(server.generate(GOOD.formatted(1, "")))).isEqualTo("queue_full");
            clients.removeFirst().close();
            eventually(() -> server.metric("sjd_queue_depth") == QUEUE - 1, "one has left");
            var refused = server.send(server.posting("/v1/images/generations", GOOD.formatted(9, ""))
                    .header("X-Stainless-Timeout", "0.5"));
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(code(refused)).isEqualTo("deadline_exceeded");
            assertThat(server.metric("sjd_queue_depth")).isEqualTo(QUEUE - 1);
            assertThat(server.metric("sjd_images_total{outcome=\"late\"}")).isEqualTo(late + 1);
            for (Socket client : clients) {
                client.close();
            }
            eventually(() -> server.metric("sjd_queue_depth") == 0, "who is gone has left");
            assertThat(server.metric("sjd_queue_wait_seconds_count"))
                    .as("nothing was begun")
                    .isEqualTo(begun);
        }
    }

    @Test
    void jobsHaveDeadlinesInTheQueue() throws Exception {
        String id;
        try (var hold = server.hold()) {
            id = json(server.post("/api/jobs", GOOD.formatted(1, ",\"timeout\":1")))
                    .get("jobs")
                    .get(0)
                    .get("id")
                    .stringValue();
            eventually(() -> server.metric("sjd_queue_depth") == 0, "it is late");
        }
        eventually(() -> state(id).equals("failed"), "it has failed");
        var job = json(server.get("/api/jobs/" + id));
        assertThat(job.get("error").get("message").stringValue()).contains("in time");
        assertThat(server.post("/api/jobs", GOOD.formatted(1, ",\"timeout\":0")).statusCode())
                .isEqualTo(400);
        assertThat(code(server.post("/api/jobs", GOOD.formatted(1, ",\"timeout\":\"1\""))))
                .isEqualTo("invalid_type");
        assertThat(code(server.generate(GOOD.formatted(1, ",\"timeout\":1")))).isEqualTo("unknown_parameter");
    }

    private static String state(String id) {
        try {
            return json(server.get("/api/jobs/" + id)).get("state").stringValue();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Streams are silent while their image waits; comments show proxies and clients that they live. */
    @Test
    void silentStreamsBeat() throws Exception {
        var streams = new ArrayList<BufferedReader>();
        try (var hold = server.hold()) {
            String id = json(server.post("/api/jobs", GOOD.formatted(3, "")))
                    .get("jobs")
                    .get(0)
                    .get("id")
                    .stringValue();
            String[] requests = {
                RawHttp.posting("/v1/images/generations", GOOD.formatted(3, ",\"stream\":true")),
                "GET /api/jobs/%s/events HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(id)
            };
            for (String request : requests) {
                var socket = RawHttp.open(server.port(), request);
                streams.add(new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8)));
            }
            for (var stream : streams) {
                for (int beats = 0; beats < 4; ) {
                    beats += stream.readLine().equals(": ping") ? 1 : 0;
                }
            }
        }
        for (var stream : streams) {
            assertThat(stream.lines())
                    .anyMatch(line -> line.contains("image_generation.completed") || line.contains("\"finished\""));
            stream.close();
        }
    }

    /** A connection may be silent for a second here; three are what a large image is to the minute that is usual. */
    @Test
    void whoWaitsForAImageIsNotIdle() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<HttpResponse<String>> answer;
            Future<HttpResponse<String>> stream;
            try (var hold = server.hold()) {
                answer = threads.submit(() -> server.generate(GOOD.formatted(4, "")));
                stream = threads.submit(() -> server.generate(GOOD.formatted(4, ",\"stream\":true")));
                Thread.sleep(3 * IDLE.toMillis());
            }
            assertThat(answer.get().statusCode()).isEqualTo(200);
            assertThat(stream.get().body()).contains("event: image_generation.completed");
        }
        try (var silent = RawHttp.open(server.port(), "")) {
            assertThat(silent.getInputStream().read())
                    .as("nothing is awaited: the server hangs up")
                    .isNegative();
        }
    }

    @Test
    void waitsAreAHistogram() throws Exception {
        server.generate(GOOD.formatted(5, ""));
        assertThat(server.get("/metrics").body())
                .contains("# TYPE sjd_queue_wait_seconds histogram")
                .containsPattern("sjd_queue_wait_seconds_bucket\\{le=\"0\\.1\"} \\d")
                .containsPattern("sjd_queue_wait_seconds_bucket\\{le=\"\\+Inf\"} [1-9]");
    }
}
