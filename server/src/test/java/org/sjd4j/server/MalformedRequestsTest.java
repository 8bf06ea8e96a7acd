package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** Requests that no route sees, because they are no good HTTP: answered in the form of all errors, and then hung up on. */
class MalformedRequestsTest {
    private static final String HOST = "Host: localhost\r\n";
    private static final String POST = "POST /v1/images/generations HTTP/1.1\r\n" + HOST;
    private static final String LONG = "x".repeat(20_000);

    private static TestServer server;

    @BeforeAll
    static void start() throws InterruptedException {
        var checkpoint = TinyCheckpoint.write(TestServer.temporary());
        server = TestServer.start(checkpoint, TestServer.temporary(), 4, options -> options)
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Arguments of(int status, String code, String request) {
        return Arguments.of(status, code, request);
    }

    static Stream<Arguments> requests() {
        return Stream.of(
                of(400, "bad_request", "NONSENSE\r\n\r\n"),
                of(400, "bad_request", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003" + LONG),
                of(400, "bad_request", "GET / HTTP/1.1\r\n\r\n"),
                of(400, "bad_request", "GET / HTTP/1.1\r\n" + HOST + HOST + "\r\n"),
                of(400, "bad_request", "GET / HTTP/1.1\r\nHost: local host:x\r\n\r\n"),
                of(400, "bad_request", "GET / HTTP/1.1\r\nHost: localhost:99999\r\n\r\n"),
                of(400, "bad_request", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
                of(400, "bad_request", "GET http://elsewhere/ HTTP/1.1\r\n" + HOST + "\r\n"),
                of(400, "bad_request", "GET / HTTP/1.1\r\n" + HOST + "X Y: z\r\n\r\n"),
                of(400, "bad_request", "GET / HTTP/1.1\r\n" + HOST + "no colon\r\n\r\n"),
                of(400, "bad_request", "GET / HTTP/1.1\r\n" + HOST + "X: a\u0000b\r\n\r\n"),
                of(400, "bad_request", "GET / HTTP/1.1\r\n" + HOST + "X: a\r\n b\r\n\r\n"),
                of(400, "bad_request", "G@T / HTTP/1.1\r\n" + HOST + "\r\n"),
                of(400, "bad_request", "GET /%zz HTTP/1.1\r\n" + HOST + "\r\n"),
                of(400, "bad_request", "GET /%00 HTTP/1.1\r\n" + HOST + "\r\n"),
                of(400, "bad_request", "GET /a b HTTP/1.1\r\n" + HOST + "\r\n"),
                of(400, "bad_request", "GET /../livez HTTP/1.1\r\n" + HOST + "\r\n"),
                of(400, "bad_request", "GET /livez#part HTTP/1.1\r\n" + HOST + "\r\n"),
                of(400, "bad_request", "GET livez HTTP/1.1\r\n" + HOST + "\r\n"),
                of(400, "bad_request", "DELETE /api/jobs/%gg HTTP/1.1\r\n" + HOST + "\r\n"),
                of(400, "bad_request", "PATCH /livez#x HTTP/1.1\r\n" + HOST + "\r\n"),
                of(400, "bad_request", POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}"),
                of(400, "bad_request", POST + "Content-Length: -5\r\n\r\n{}"),
                of(400, "bad_request", POST + "Content-Length: five\r\n\r\n{}"),
                of(400, "bad_request", POST + "Content-Length: 99999999999999999999\r\n\r\n{}"),
                of(400, "bad_request", POST + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                of(400, "bad_request", POST + "Transfer-Encoding: gzip\r\n\r\n"),
                of(
                        400,
                        "invalid_request",
                        POST + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
                of(404, "unknown_url", "GET /\u00ff HTTP/1.1\r\n" + HOST + "\r\n"),
                of(404, "unknown_url", "GET /v1\\models HTTP/1.1\r\n" + HOST + "\r\n"),
                of(404, "unknown_url", "GET /<a>|`^ HTTP/1.1\r\n" + HOST + "\r\n"),
                of(404, "unknown_url", "GET /v1/%u0041 HTTP/1.1\r\n" + HOST + "\r\n"),
                of(414, "url_too_long", "GET /" + LONG + " HTTP/1.1\r\n" + HOST + "\r\n"),
                of(414, "url_too_long", "GET /livez?" + LONG + " HTTP/1.1\r\n" + HOST + "\r\n"),
                of(417, "expectation_failed", POST + "Expect: magic\r\nContent-Length: 2\r\n\r\n{}"),
                of(431, "headers_too_large", "GET / HTTP/1.1\r\n" + HOST + "X: " + LONG + "\r\n\r\n"),
                of(431, "headers_too_large", "GET / HTTP/1.1\r\n" + HOST + "X: y\r\n".repeat(5000) + "\r\n"),
                of(505, "http_version_not_supported", "GET /livez\r\n\r\n"),
                of(505, "http_version_not_supported", "GET /livez HTTP/1.7\r\n" + HOST + "\r\n"),
                of(505, "http_version_not_supported", "GET /livez HTTP/3.0\r\n" + HOST + "\r\n"),
                of(505, "http_version_not_supported", "GET /livez FTP/1.1\r\n" + HOST + "\r\n"),
                of(426, "http_version_not_supported", "GET /livez HTTP/2.0\r\n" + HOST + "\r\n"),
                of(426, "http_version_not_supported", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void areAnsweredInForm(int status, String code, String request) throws Exception {
        try (var socket = RawHttp.open(server.port(), request)) {
            var answer = RawHttp.next(socket);
            assertThat(answer.status()).as(answer.body()).isEqualTo(status);
            assertThat(answer.head())
                    .containsIgnoringCase("Content-Type: application/json\r\n")
                    .containsIgnoringCase("x-request-id: req_");
            var error = Json.read(answer.body(), JsonNode.class).get("error");
            assertThat(error.propertyNames()).containsExactlyInAnyOrder("message", "type", "param", "code");
            assertThat(error.get("type").stringValue()).isEqualTo("invalid_request_error");
            assertThat(error.get("code").stringValue()).isEqualTo(code);
            assertThat(answer.body()).doesNotContainIgnoringCase("jetty", "exception", "<html");
            if (status != 404) {
                assertThat(answer.head()).containsIgnoringCase("Connection: close\r\n");
                assertThat(socket.getInputStream().read()).isNegative();
            }
        }
        assertThat(server.get("/livez").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.ValueSource(
            strings = {"limit=%zz", "limit=%", "search=%ff", "search=%c3%28", "search=a%e2%82", "a%u0041=1"})
    void malformedQueriesAreSaidToBe(String query) throws Exception {
        try (var socket = RawHttp.open(server.port(), "GET /api/jobs?" + query + " HTTP/1.1\r\n" + HOST + "\r\n")) {
            var answer = RawHttp.next(socket);
            assertThat(answer.status()).as(answer.body()).isEqualTo(400);
            assertThat(answer.body()).contains("The query of the address is malformed.");
        }
    }
}
