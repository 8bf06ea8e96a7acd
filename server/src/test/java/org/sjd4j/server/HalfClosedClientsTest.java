package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.eventually;
import static org.sjd4j.server.TestServer.json;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.api.TinyCheckpoint;

/** Clients that end their half of the connection after the request (RFC 9112, section 9.6), and those that have really gone. */
class HalfClosedClientsTest {
    private static final String IMAGES = "/v1/images/generations";
    private static final String BODY = "{\"prompt\":\"red apple\",\"seed\":%s%s}";

    private static TestServer server;
    private static int seed;

    @BeforeAll
    static void start() throws InterruptedException {
        var checkpoint = TinyCheckpoint.write(TestServer.temporary());
        server = TestServer.start(checkpoint, TestServer.temporary(), 16, options -> options)
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void nextSeed() {
        seed++;
    }

    private static String body(String more) {
        return BODY.formatted(seed, more);
    }

    private static String chunked(String json) {
        return "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n%s\r\n0\r\n\r\n"
                .formatted(IMAGES, Integer.toHexString(json.length()), json);
    }

    private static Socket halfClosed(String request) throws IOException {
        var socket = RawHttp.open(server.port(), request);
        socket.shutdownOutput();
        return socket;
    }

    private static RawHttp.Answer afterInterim(Socket socket) throws IOException {
        var answer = RawHttp.next(socket);
        while (answer.status() == 102) {
            answer = RawHttp.next(socket);
        }
        return answer;
    }

    private static String image(String answer) {
        return answer.replaceFirst("(?s).*\"b64_json\":\"([^\"]+)\".*", "$1");
    }

    @Test
    void theImageIsGeneratedAndSent() throws Exception {
        String expected = image(server.generate(body("")).body());
        for (String request : new String[] {RawHttp.posting(IMAGES, body("")), chunked(body(""))}) {
            try (var socket = halfClosed(request)) {
                var answer = afterInterim(socket);
                assertThat(answer.status()).as(answer.body()).isEqualTo(200);
                assertThat(image(answer.body())).isEqualTo(expected);
                assertThat(socket.getInputStream().read())
                        .as("the connection ends")
                        .isNegative();
            }
        }
    }

    /** The model is busy until the server has seen the end of the client's half, and has asked twice whether it still listens. */
    @Test
    void theImageIsGeneratedHoweverLongThatTakes() throws Exception {
        String expected = image(server.generate(body(",\"n\":2")).body());
        Socket socket;
        try (var hold = server.hold()) {
            socket = halfClosed(RawHttp.posting(IMAGES, body(",\"n\":2")));
            for (int probe = 0; probe < 3; probe++) {
                assertThat(RawHttp.next(socket).status()).isEqualTo(102);
            }
        }
        try (socket) {
            var answer = afterInterim(socket);
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.head()).containsIgnoringCase("Connection: close");
            assertThat(image(answer.body())).isEqualTo(expected);
        }
    }

    @Test
    void streamsGoOnToTheirEnd() throws Exception {
        Socket socket;
        BufferedReader lines;
        try (var hold = server.hold()) {
            socket = halfClosed(RawHttp.posting(IMAGES, body(",\"stream\":true")));
            lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (int pings = 0; pings < 3; ) {
                pings += lines.readLine().equals(": ping") ? 1 : 0;
            }
        }
        try (socket) {
            assertThat(lines.lines()).contains("event: image_generation.completed");
        }
    }

    @Test
    void jobsAreWatchedToTheirEnd() throws Exception {
        Socket socket;
        try (var hold = server.hold()) {
            String id = json(server.post("/api/jobs", body("")))
                    .get("jobs")
                    .get(0)
                    .get("id")
                    .stringValue();
            socket = halfClosed("GET /api/jobs/%s/events HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(id));
        }
        try (socket) {
            String events = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(events).contains("\"state\":\"finished\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models", "/livez", "/metrics", "/", "/api/jobs", "/nothing"})
    void otherRequestsAreAnswered(String path) throws Exception {
        int expected = server.get(path).statusCode();
        try (var socket = halfClosed("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path))) {
            assertThat(RawHttp.next(socket).status()).isEqualTo(expected);
        }
    }

    @Test
    void halfABodyIsRefused() throws Exception {
        String whole = RawHttp.posting(IMAGES, body(""));
        try (var socket = halfClosed(whole.substring(0, whole.length() - 3))) {
            assertThat(RawHttp.next(socket).status()).isEqualTo(400);
        }
    }

    /** It ends its half, waits a while, and then closes the connection or loses it. */
    @ParameterizedTest
    @ValueSource(strings = {"", ",\"n\":3", ",\"stream\":true"})
    void whoGoesAfterAllFreesItsPlace(String more) throws Exception {
        try (var hold = server.hold()) {
            double cancelled = server.metric("sjd_images_total{outcome=\"cancelled\"}");
            int count = more.contains("n\":3") ? 3 : 1;
            for (boolean reset : new boolean[] {false, true}) {
                try (var socket = halfClosed(RawHttp.posting(IMAGES, body(more)))) {
                    eventually(() -> server.metric("sjd_queue_depth") == count, "it waits");
                    assertThat(RawHttp.next(socket).status()).isIn(102, 200);
                    if (reset) {
                        socket.setSoLinger(true, 0);
                    }
                }
                eventually(() -> server.metric("sjd_queue_depth") == 0, "it has left");
            }
            assertThat(server.metric("sjd_images_total{outcome=\"cancelled\"}")).isEqualTo(cancelled + 2 * count);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",\"stream\":true"})
    void whoResetsFreesItsPlace(String more) throws Exception {
        try (var hold = server.hold()) {
            try (var socket = RawHttp.open(server.port(), RawHttp.posting(IMAGES, body(more)))) {
                eventually(() -> server.metric("sjd_queue_depth") == 1, "it waits");
                socket.setSoLinger(true, 0);
            }
            eventually(() -> server.metric("sjd_queue_depth") == 0, "it has left");
        }
    }

    /** HTTP/1.0 has no interim answers, so nothing can be asked; and no answer says that the server has failed. */
    @Test
    void byHttp10TheEndOfTheRequestIsTheEnd() throws Exception {
        try (var hold = server.hold();
                var socket = RawHttp.open(
                        server.port(), RawHttp.posting(IMAGES, body("")).replace("HTTP/1.1", "HTTP/1.0"))) {
            eventually(() -> server.metric("sjd_queue_depth") == 1, "it waits");
            socket.shutdownOutput();
            assertThat(socket.getInputStream().readAllBytes()).isEmpty();
            assertThat(server.metric("sjd_queue_depth")).isZero();
        }
    }
}
