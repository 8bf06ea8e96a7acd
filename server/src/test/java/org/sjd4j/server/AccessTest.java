package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sjd4j.server.TestServer.json;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may ask for what. */
class AccessTest {
    private static final String KEY = "sk-local-1234";

    private static TestServer open;
    private static TestServer locked;

    @BeforeAll
    static void start() throws InterruptedException {
        open = TestServer.startTiny(16, options -> options).awaitReady();
        locked = TestServer.startTiny(4, AccessTest::withKey).awaitReady();
    }

    private static ServerOptions withKey(ServerOptions options) {
        return new ServerOptions(
                options.host(),
                options.port(),
                KEY,
                options.directory(),
                null,
                Duration.ofDays(1),
                Duration.ofMinutes(1),
                Duration.ofSeconds(5),
                true);
    }

    @AfterAll
    static void stop() {
        open.close();
        locked.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/metrics",
                "/readyz",
                "/v1/models",
                "/api/jobs",
                "/api/info",
                "/studio/studio.js",
                "/nothing"
            })
    void everyRouteButLivenessTakesTheKey(String path) throws Exception {
        var refused = locked.get(path);
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(json(refused).get("error").get("code").stringValue()).isEqualTo("invalid_api_key");
        assertThat(refused.headers().firstValue("WWW-Authenticate").orElseThrow())
                .startsWith("Basic");
        assertThat(locked.get(path + "?api_key=" + KEY).statusCode()).isEqualTo(401);
        assertThat(locked.get("/livez").statusCode()).isEqualTo(200);
    }

    @Test
    void theKeyIsABearersOrAPassword() throws Exception {
        assertThat(status("Bearer " + KEY)).isEqualTo(200);
        assertThat(status("bearer " + KEY)).isEqualTo(200);
        assertThat(status("Basic " + basic("me:" + KEY))).isEqualTo(200);
        assertThat(status("Basic " + basic(":" + KEY))).isEqualTo(200);
        for (String wrong : new String[] {
            KEY,
            "Bearer",
            "Bearer ",
            "Bearer sk-local-12345",
            "Digest " + KEY,
            "Basic " + KEY,
            "Basic " + basic(KEY),
            "Basic ***"
        }) {
            assertThat(status(wrong)).as(wrong).isEqualTo(401);
        }
    }

    private static int status(String authorization) throws Exception {
        return locked.send(locked.request("/v1/models").header("Authorization", authorization))
                .statusCode();
    }

    private static String basic(String pair) {
        return Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void othersAreServedOnlyWithAKey() {
        assertThatThrownBy(() -> TestServer.start(
                        TestServer.temporary(),
                        4,
                        o -> new ServerOptions(
                                "0.0.0.0", 0, null, o.directory(), null, o.keep(), o.patience(), o.farewell(), true)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("key");
    }

    /** A page of another site that resolves its own name to this machine (DNS rebinding), or that sends a form. */
    @Test
    void pagesOfOtherSitesAreRefused() throws Exception {
        assertThat(RawHttp.status(
                        open.port(), "GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
                .isEqualTo(403);
        assertThat(RawHttp.status(
                        open.port(), "GET /v1/models HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n"))
                .isEqualTo(200);
        assertThat(open.send(open.request("/v1/models").header("Origin", "http://evil.example"))
                        .statusCode())
                .isEqualTo(403);
        assertThat(open.send(open.request("/v1/models").header("Origin", "null"))
                        .statusCode())
                .isEqualTo(403);
        assertThat(open.send(open.request("/v1/models").header("Origin", "http://localhost:" + open.port()))
                        .statusCode())
                .isEqualTo(200);
    }
}
