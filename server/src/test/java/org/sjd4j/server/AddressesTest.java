package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.assertError;
import static org.sjd4j.server.TestServer.file;
import static org.sjd4j.server.TestServer.json;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which addresses, methods and names of models there are. */
class AddressesTest {
    private static TestServer server;

    @BeforeAll
    static void start() throws InterruptedException {
        server = TestServer.startTiny(16, options -> options).awaitReady();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void modelsAreLookedUp() throws Exception {
        assertError(server.generate("{\"prompt\":\"a\",\"model\":\"../bundled\"}"), 404, null, "model_not_found");
        assertThat(server.generate("{\"prompt\":\"a\",\"model\":\"dall-e-3\"}").statusCode())
                .isEqualTo(200);
        var list = json(server.get("/v1/models"));
        assertThat(list.get("object").stringValue()).isEqualTo("list");
        var model = list.get("data").get(0);
        assertThat(model.propertyNames()).containsExactlyInAnyOrder("id", "object", "created", "owned_by");
        assertThat(json(server.get("/v1/models/bundled"))).isEqualTo(model);
        assertError(server.get("/v1/models/none"), 404, null, "model_not_found");
    }

    @Test
    void aliasesCanBeRefused() throws Exception {
        try (var strict = TestServer.startTiny(4, AddressesTest::withoutAliases).awaitReady()) {
            assertError(strict.generate("{\"prompt\":\"a\",\"model\":\"gpt-image-1\"}"), 404, null, "model_not_found");
            assertError(strict.generate("{\"prompt\":\"a\",\"model\":\"dall-e-3\"}"), 404, null, "model_not_found");
            assertError(strict.get("/v1/models/gpt-image-1"), 404, null, "model_not_found");
            assertThat(strict.generate("{\"prompt\":\"a\",\"window\":16}").statusCode())
                    .isEqualTo(200);
            assertThat(strict.generate("{\"prompt\":\"a\",\"model\":\"bundled\",\"window\":16}")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    private static ServerOptions withoutAliases(ServerOptions options) {
        return new ServerOptions(
                options.host(),
                0,
                null,
                options.directory(),
                null,
                options.keep(),
                options.patience(),
                options.farewell(),
                false);
    }

    /** Base addresses end with a slash, or have one too many. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "//v1/images/generations",
                "/v1//images/generations",
                "/v1/images//generations",
                "///v1///images///generations",
                "/v1/./images/generations",
                "/v1/models/../images/generations",
                "/%761/images/gener%61tions",
            })
    void addressesOfOneMeaningAreUnderstood(String path) throws Exception {
        var expected = server.generate("{\"prompt\":\"a\",\"seed\":5,\"window\":16}");
        var answer = server.post(path + "?seed=5", "{\"prompt\":\"a\",\"window\":16}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(file(json(answer).get("data").get(0)))
                .isEqualTo(file(json(expected).get("data").get(0)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/images/generations/",
                "/v1/images/generations//",
                "/v1%2Fimages/generations",
                "/v1/images%2fgenerations",
                "/v1/%2e/images/generations",
                "/v1/models/%2E%2e/images/generations",
                "/v1/models//../images/generations",
                "/v1/images/generations;x=1",
                "/v1/images/generations%0a",
                "/v1/images/generations%c3%28",
                "/V1/images/generations",
                "/%20",
            })
    void addressesOfNoMeaningAreNamed(String path) throws Exception {
        var answer = server.post(path, "{\"prompt\":\"a\"}");
        assertError(answer, 404, null, "unknown_url");
        assertThat(json(answer).get("error").get("message").stringValue())
                .isEqualTo("Unknown request URL: POST %s.".formatted(path));
    }

    @Test
    void routesAndMethodsAreExact() throws Exception {
        var get = server.get("/v1/images/generations");
        assertError(get, 405, null, "method_not_allowed");
        assertThat(get.headers().firstValue("Allow")).contains("POST");
        assertError(server.get("/v1/models/"), 404, null, "unknown_url");
        assertError(server.get("/v1/nothing"), 404, null, "unknown_url");
    }
}
