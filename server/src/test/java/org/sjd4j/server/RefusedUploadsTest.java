package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.json;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.api.TextToImage;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.server.http.BodyLimits;
import org.sjd4j.server.http.Lingering;

/** Requests that are refused before their bodies are read: the answer arrives, and the rest of the body costs little. */
class RefusedUploadsTest {
    private static final String KEY = "sk-local-1234";
    private static final int MEBIBYTE = 1 << 20;
    private static final int[] SIZES = {MEBIBYTE + 1, 2_000_000, 3 * MEBIBYTE, 5_000_000};
    private static final int ROUNDS = 4;

    /** Time enough for any machine. */
    private static final Lingering.Limits PATIENT =
            new Lingering.Limits(16L << 20, Duration.ofMinutes(5), Duration.ofMinutes(5), 64);

    private static TestServer server;
    private static TestServer hasty;

    @BeforeAll
    static void start() throws InterruptedException {
        server = start(new ConnectionLimits(Duration.ofMinutes(5), Duration.ofSeconds(5), BodyLimits.USUAL, PATIENT));
        hasty = start(new ConnectionLimits(
                Duration.ofMinutes(5),
                Duration.ofSeconds(5),
                new BodyLimits(MEBIBYTE, Duration.ofMillis(100)),
                new Lingering.Limits(2L << 20, Duration.ofMillis(200), Duration.ofMillis(100), 2)));
    }

    private static TestServer start(ConnectionLimits limits) throws InterruptedException {
        var model = TextToImage.open(TinyCheckpoint.write(TestServer.temporary()), "cpu");
        return TestServer.start(model, TestServer.temporary(), 4, RefusedUploadsTest::withKey, limits)
                .awaitReady();
    }

    private static ServerOptions withKey(ServerOptions options) {
        return new ServerOptions(
                options.host(),
                options.port(),
                KEY,
                options.directory(),
                null,
                options.keep(),
                options.patience(),
                options.farewell(),
                true);
    }

    @AfterAll
    static void stop() {
        server.close();
        hasty.close();
    }

    private enum Refusal {
        MALFORMED(400, "POST", "/v1/images/generations", Map.of("Content-Type", "application/json", "X Y", "z")),
        NO_KEY(401, "POST", "/v1/images/generations", Map.of("Content-Type", "application/json", "Authorization", "x")),
        OTHER_SITE(403, "POST", "/api/jobs", Map.of("Content-Type", "application/json", "Origin", "http://a.example")),
        UNKNOWN(404, "POST", "/v1/images/variations", Map.of("Content-Type", "multipart/form-data; boundary=x")),
        ODD_PATH(404, "PUT", "/v1/%2e%2e/images", Map.of("Content-Type", "image/png")),
        WRONG_METHOD(405, "PUT", "/v1/models", Map.of("Content-Type", "application/json")),
        TOO_LARGE(413, "POST", "/v1/images/generations", Map.of("Content-Type", "application/json")),
        TOO_LARGE_JOB(413, "POST", "/api/jobs", Map.of("Content-Type", "application/json")),
        LONG_ADDRESS(414, "POST", "/" + "x".repeat(20_000), Map.of("Content-Type", "application/json")),
        NO_JSON(415, "POST", "/v1/images/generations", Map.of("Content-Type", "text/plain")),
        PACKED(
                415,
                "POST",
                "/v1/images/generations",
                Map.of("Content-Type", "application/json", "Content-Encoding", "gzip")),
        EXPECTATION(417, "POST", "/api/jobs", Map.of("Content-Type", "application/json", "Expect", "magic")),
        LONG_HEADER(431, "POST", "/api/jobs", Map.of("Content-Type", "application/json", "X-Y", "z".repeat(20_000)));

        private final int status;
        private final String method;
        private final String path;
        private final Map<String, String> headers;

        Refusal(int status, String method, String path, Map<String, String> headers) {
            this.status = status;
            this.method = method;
            this.path = path;
            this.headers = headers;
        }
    }

    private static void assertRefused(HttpResponse<String> answer, Refusal refusal) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(refusal.status);
        assertThat(json(answer).get("error").propertyNames())
                .containsExactlyInAnyOrder("message", "type", "param", "code");
    }

    private static HttpRequest request(Refusal refusal, BodyPublisher body) {
        var request = server.request(refusal.path)
                .timeout(Duration.ofMinutes(5))
                .header("Authorization", "Bearer " + KEY)
                .method(refusal.method, body);
        refusal.headers.forEach(request::setHeader);
        return request.build();
    }

    /** Java's own client, as LangChain4j uses it: by default it offers an upgrade to HTTP/2. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            value = Refusal.class,
            names = {"MALFORMED", "EXPECTATION"}) // of which it sends none; the raw client below does
    void answersReachJavasClient(Refusal refusal) throws Exception {
        for (var version : HttpClient.Version.values()) {
            try (var client = HttpClient.newBuilder().version(version).build()) {
                for (int round = 0; round < ROUNDS; round++) {
                    for (int size : SIZES) {
                        var bytes = new byte[size];
                        assertRefused(
                                client.send(
                                        request(refusal, BodyPublishers.ofByteArray(bytes)), BodyHandlers.ofString()),
                                refusal);
                        var chunked = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes));
                        assertRefused(client.send(request(refusal, chunked), BodyHandlers.ofString()), refusal);
                    }
                }
            }
        }
    }

    /** Answers that are no refusals can leave a body unread, too. */
    @Test
    void bodiesThatNobodyReadsDoNotBreakTheNextRequest() throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            for (int round = 0; round < ROUNDS; round++) {
                for (int size : SIZES) {
                    var get = server.request("/v1/models")
                            .header("Authorization", "Bearer " + KEY)
                            .method("GET", BodyPublishers.ofByteArray(new byte[size]));
                    assertThat(client.send(get.build(), BodyHandlers.ofString()).statusCode())
                            .isEqualTo(200);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Refusal.class,
            names = {"TOO_LARGE", "UNKNOWN", "NO_JSON", "NO_KEY"})
    void whoAsksFirstNeedNotSend(Refusal refusal) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            for (int size : SIZES) {
                var body = BodyPublishers.ofByteArray(new byte[size]);
                var asking = HttpRequest.newBuilder(request(refusal, body), (_, _) -> true)
                        .expectContinue(true)
                        .build();
                assertRefused(client.send(asking, BodyHandlers.ofString()), refusal);
            }
        }
    }

    private static String head(Refusal refusal, String length) {
        var head = new StringBuilder("%s %s HTTP/1.1\r\nHost: localhost\r\n".formatted(refusal.method, refusal.path));
        refusal.headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
        if (!refusal.headers.containsKey("Authorization")) {
            head.append("Authorization: Bearer " + KEY + "\r\n");
        }
        return head + length + "\r\n\r\n";
    }

    /** A client that writes everything before it reads, and fails at a write that fails, as Python's http.client does. */
    @ParameterizedTest
    @EnumSource(Refusal.class)
    void everyByteOfTheBodyIsTaken(Refusal refusal) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            for (int size : SIZES) {
                try (var socket = RawHttp.open(server.port(), head(refusal, "Content-Length: " + size))) {
                    socket.getOutputStream().write(new byte[size]);
                    assertAnswered(socket, refusal);
                }
                try (var socket = RawHttp.open(server.port(), head(refusal, "Transfer-Encoding: chunked"))) {
                    socket.getOutputStream()
                            .write((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
                    socket.getOutputStream().write(new byte[size]);
                    socket.getOutputStream().write("\r\n0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
                    assertAnswered(socket, refusal);
                }
            }
        }
    }

    private static void assertAnswered(Socket socket, Refusal refusal) throws IOException {
        var answer = RawHttp.next(socket);
        assertThat(answer.status()).as(answer.body()).isEqualTo(refusal.status);
        assertThat(answer.body()).startsWith("{\"error\":{\"message\":");
    }

    /** Fails when the server has closed the connection; bytes may be on their way until then. */
    private static void sendUntilClosed(Socket socket) {
        byte[] some = new byte[8192];
        try {
            while (true) {
                socket.getOutputStream().write(some);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageMatching("(?s).*(Broken pipe|reset).*");
        }
    }

    /** The answer may be lost then, but the server is free again. */
    @Test
    void endlessBodiesEnd() throws Exception {
        for (String length : new String[] {"Content-Length: 999999999999", "Transfer-Encoding: chunked"}) {
            for (var refusal : new Refusal[] {Refusal.TOO_LARGE, Refusal.UNKNOWN, Refusal.MALFORMED}) {
                try (var socket = RawHttp.open(hasty.port(), head(refusal, length))) {
                    if (length.startsWith("T")) {
                        socket.getOutputStream().write("7fffffff\r\n".getBytes(StandardCharsets.ISO_8859_1));
                    }
                    sendUntilClosed(socket);
                }
            }
        }
        assertThat(hasty.get("/livez").statusCode()).isEqualTo(200);
    }

    /** A client that promises a body and sends none has its answer, and is not waited for. */
    @Test
    void silentClientsAreLeft() throws Exception {
        try (var socket = RawHttp.open(hasty.port(), head(Refusal.UNKNOWN, "Content-Length: 5000000"))) {
            assertAnswered(socket, Refusal.UNKNOWN);
            sendUntilClosed(socket);
        }
    }

    @Test
    void bodiesThatComeTooSlowlyAreRefused() throws Exception {
        try (var socket =
                RawHttp.open(hasty.port(), head(Refusal.TOO_LARGE, "Content-Length: 1000") + "{\"prompt\":")) {
            var answer = RawHttp.next(socket);
            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.body()).contains("\"request_timeout\"");
        }
    }
}
