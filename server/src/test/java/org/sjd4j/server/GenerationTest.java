package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.eventually;
import static org.sjd4j.server.TestServer.json;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens between a request and its image: batches, queues, clients that go away, deadlines. */
class GenerationTest {
    private static final String SLOW = "{\"prompt\":\"bus, noto style\",\"decoder\":\"ar\",\"seed\":%s%s}";

    private static final int QUEUE = 6;
    private static final int CLIENTS = TestServer.BATCH - 1; // besides the gate
    private static final int TOKENS = 256;

    private static TestServer server;

    @BeforeAll
    static void start() throws InterruptedException {
        server = TestServer.start(TestServer.temporary(), QUEUE, options -> options)
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String image(String request) throws Exception {
        return image(server, request);
    }

    private static String image(TestServer server, String request) throws Exception {
        return json(server.generate(request)).get("data").get(0).get("b64_json").stringValue();
    }

    @Test
    void imagesOfManyClientsAreThoseOfOne() throws Exception {
        var alone = new ArrayList<String>();
        String form = "{\"prompt\":\"red apple, noto style\",\"seed\":%s,\"window\":%s,\"guidance_scale\":%s}";
        var requests = new ArrayList<String>();
        for (int i = 0; i < 6; i++) {
            requests.add(form.formatted(i, 2 + 5 * i, i % 2 == 0 ? "1" : "1.5"));
        }
        for (String request : requests) {
            alone.add(image(request));
        }
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var together = new ArrayList<Future<String>>();
            try (var hold = server.hold()) {
                for (String request : requests) {
                    together.add(clients.submit(() -> image(request)));
                }
                eventually(() -> server.metric("sjd_queue_depth") == requests.size(), "all wait");
            }
            for (int i = 0; i < requests.size(); i++) {
                assertThat(together.get(i).get()).as(requests.get(i)).isEqualTo(alone.get(i));
            }
        }
    }

    /** As {@code sjd serve} draws them on two CPUs. */
    @Test
    void imagesOfTwoWorkersAreThoseOfOne() throws Exception {
        String form = "{\"prompt\":\"red apple, noto style\",\"seed\":%s,\"window\":%s}";
        try (var two = TestServer.startWithWorkers(2, QUEUE).awaitReady();
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var together = new ArrayList<Future<String>>();
            for (int i = 0; i < 6; i++) {
                String request = form.formatted(i, 4 + 3 * i);
                together.add(clients.submit(() -> image(two, request)));
            }
            for (int i = 0; i < together.size(); i++) {
                assertThat(together.get(i).get()).as("seed %s", i).isEqualTo(image(form.formatted(i, 4 + 3 * i)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",\"stream\":true"})
    void aClientThatGoesAwayFreesItsPlace(String stream) throws Exception {
        long before = Pointer.totalCount();
        double cancelled = server.metric("sjd_images_total{outcome=\"cancelled\"}");
        double finished = server.metric("sjd_images_total{outcome=\"finished\"}");
        double waits = server.metric("sjd_queue_wait_seconds_count");
        double answered = server.answered();
        var clients = new ArrayList<Socket>();
        try (var gate = server.gate()) {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(RawHttp.open(
                        server.port(), RawHttp.posting("/v1/images/generations", SLOW.formatted(i, stream))));
            }
            eventually(() -> server.metric("sjd_queue_depth") == CLIENTS, "all wait");
            gate.pass();
            eventually(
                    () -> server.metric("sjd_queue_wait_seconds_count") == waits + CLIENTS, "all are being generated");
            for (Socket client : clients) {
                client.close();
            }
            eventually(() -> server.answered() == answered + CLIENTS, "the server has seen that they are gone");
            gate.pass();
            eventually(
                    () -> server.metric("sjd_images_total{outcome=\"cancelled\"}") == cancelled + CLIENTS,
                    "all are given up before the next step");
            assertThat(server.metric("sjd_images_total{outcome=\"finished\"}")).isEqualTo(finished);
        }
        eventually(() -> Pointer.totalCount() <= before, "their native objects are freed");
        assertThat(server.generate("{\"prompt\":\"red apple\"}").statusCode()).isEqualTo(200);
    }

    @Test
    void whoGoesAwayAfterTheFirstPreviewLeavesNoBytesBehind() throws Exception {
        assertThat(server.generate(SLOW.formatted(1, "")).statusCode()).isEqualTo(200);
        long bytes = Pointer.totalBytes();
        long objects = Pointer.totalCount();
        double cancelled = server.metric("sjd_images_total{outcome=\"cancelled\"}");
        for (int round = 0; round < 3; round++) {
            double all = cancelled + round + 1;
            double answered = server.answered();
            String body = SLOW.formatted(round, ",\"stream\":true,\"partial_images\":1");
            try (var gate = server.gate()) {
                try (var client = RawHttp.open(server.port(), RawHttp.posting("/v1/images/generations", body))) {
                    var lines =
                            new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
                    eventually(() -> server.metric("sjd_queue_depth") == 1, "it waits");
                    gate.pass(TOKENS * 3 / 4);
                    String line = lines.readLine();
                    while (!line.startsWith("event: ")) {
                        line = lines.readLine();
                    }
                    assertThat(line).isEqualTo("event: image_generation.partial_image");
                    assertThat(Pointer.totalBytes()).as("it is being generated").isGreaterThan(bytes);
                }
                eventually(() -> server.answered() == answered + 1, "the server has seen that it is gone");
                gate.pass();
                eventually(() -> server.metric("sjd_images_total{outcome=\"cancelled\"}") == all, "it is given up");
            }
        }
        eventually(() -> Pointer.totalBytes() <= bytes && Pointer.totalCount() <= objects, "all is freed");
    }

    @Test
    void aFullQueueSaysSoAndWhenToTryAgain() throws Exception {
        var clients = new ArrayList<Socket>();
        try (var hold = server.hold()) {
            for (int i = 0; i < QUEUE / 2; i++) {
                clients.add(RawHttp.open(
                        server.port(), RawHttp.posting("/v1/images/generations", SLOW.formatted(i, ",\"n\":2"))));
            }
            eventually(() -> server.metric("sjd_queue_depth") == QUEUE, "all wait");
            var refused = server.generate("{\"prompt\":\"red apple\"}");
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(json(refused).get("error").get("code").stringValue()).isEqualTo("queue_full");
            assertThat(Integer.parseInt(
                            refused.headers().firstValue("Retry-After").orElseThrow()))
                    .isPositive();
            clients.getFirst().close();
            eventually(() -> server.metric("sjd_queue_depth") == QUEUE - 2, "two have left");
            assertThat(server.generate("{\"prompt\":\"red apple\",\"n\":3}").statusCode())
                    .as("all or none")
                    .isEqualTo(429);
            for (Socket client : clients) {
                client.close();
            }
            eventually(() -> server.metric("sjd_queue_depth") == 0, "those that waited have left");
        }
        assertThat(server.generate("{\"prompt\":\"red apple\"}").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Stainless-Timeout", "X-Stainless-Read-Timeout"})
    void whatIsLateIsGivenUp(String header) throws Exception {
        double expired = server.metric("sjd_images_total{outcome=\"late\"}");
        HttpResponse<String> late;
        try (var gate = server.gate();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answer =
                    threads.submit(() -> server.send(server.posting("/v1/images/generations", SLOW.formatted(1, ""))
                            .header(header, "1")));
            eventually(
                    () -> server.metric("sjd_queue_depth") == 1
                            || server.metric("sjd_images_total{outcome=\"late\"}") > expired,
                    "it waits");
            gate.pass(); // it is being generated, unless this machine takes more than a second for that
            Thread.sleep(1000);
            gate.pass();
            late = answer.get();
        }
        assertThat(late.statusCode()).isEqualTo(503);
        assertThat(json(late).get("error").get("code").stringValue()).isEqualTo("deadline_exceeded");
        assertThat(late.headers().firstValue("X-Should-Retry")).contains("false");
        assertThat(server.metric("sjd_images_total{outcome=\"late\"}")).isEqualTo(expired + 1);
    }
}
