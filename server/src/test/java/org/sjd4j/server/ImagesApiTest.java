package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.PROMPT;
import static org.sjd4j.server.TestServer.assertError;
import static org.sjd4j.server.TestServer.file;
import static org.sjd4j.server.TestServer.json;

import java.io.ByteArrayInputStream;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.api.PngFile;
import tools.jackson.databind.JsonNode;

/** OpenAI's images API, field by field. */
class ImagesApiTest {
    private static TestServer server;

    @BeforeAll
    static void start() throws InterruptedException {
        server = TestServer.start().awaitReady();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void answersTheLeastThatARequestCanBe() throws Exception {
        var response = server.generate("{\"prompt\":\"" + PROMPT + "\"}");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("x-request-id")).isPresent();
        var answer = json(response);
        assertThat(answer.propertyNames())
                .containsExactlyInAnyOrder(
                        "created", "data", "background", "output_format", "size", "quality", "usage");
        assertThat(answer.get("data")).hasSize(1);
        assertThat(answer.get("size").stringValue()).isEqualTo("128x128");
        assertThat(answer.get("usage").get("input_tokens").intValue()).isEqualTo(4);
        assertThat(answer.get("usage").get("output_tokens").intValue()).isEqualTo(256);
        assertThat(answer.get("usage").get("total_tokens").intValue()).isEqualTo(260);
        var image =
                ImageIO.read(new ByteArrayInputStream(file(answer.get("data").get(0))));
        assertThat(image.getWidth()).isEqualTo(128);
    }

    /** Clients send all that their own interface has, and null for what was not set. */
    @Test
    void takesEveryFieldOfTheSpecificationAndNullForEach() throws Exception {
        var response = server.generate("""
                {"prompt":"red apple, noto style","model":"gpt-image-1","n":2,"size":"auto","quality":"low",
                 "response_format":"b64_json","output_format":"jpeg","output_compression":80,"background":"opaque",
                 "moderation":"low","style":"vivid","stream":false,"partial_images":null,"user":"somebody",
                 "seed":7,"negative_prompt":"text","guidance_scale":2,"decoder":"sjd-exact","window":8,
                 "denoising_steps":null,"temperature":0.6,"top_k":100,"top_p":0.9}
                """);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(json(response).get("data")).hasSize(2);
        assertThat(json(response).get("quality").stringValue()).isEqualTo("low");
        byte[] jpeg = file(json(response).get("data").get(0));
        assertThat(jpeg[0] & 0xff).isEqualTo(0xff);
        assertThat(jpeg[1] & 0xff).isEqualTo(0xd8);
        var nulls = new ArrayList<String>();
        for (String field : List.of(
                "model",
                "n",
                "size",
                "quality",
                "response_format",
                "output_format",
                "output_compression",
                "background",
                "moderation",
                "style",
                "stream",
                "partial_images",
                "user",
                "seed",
                "negative_prompt",
                "guidance_scale",
                "decoder",
                "window",
                "denoising_steps",
                "temperature",
                "top_k",
                "top_p")) {
            nulls.add("\"" + field + "\":null");
        }
        assertThat(server.generate("{\"prompt\":\"bus, noto style\"," + String.join(",", nulls) + "}")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void theSameSeedGivesTheSameBytesAndAnotherAnother() throws Exception {
        String request = "{\"prompt\":\"red apple, noto style\",\"seed\":%s,\"decoder\":\"%s\"}";
        byte[] first = image(request.formatted(5, "sjd-exact"));
        assertThat(image(request.formatted(5, "sjd-exact"))).isEqualTo(first);
        assertThat(image(request.formatted(6, "sjd-exact"))).isNotEqualTo(first);
        var slow = ImageIO.read(new ByteArrayInputStream(image(request.formatted(5, "ar"))));
        var fast = ImageIO.read(new ByteArrayInputStream(first));
        assertThat(pixels(slow)).isEqualTo(pixels(fast));
    }

    private static int[] pixels(java.awt.image.BufferedImage image) {
        return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    }

    private static byte[] image(String request) throws Exception {
        return file(json(server.generate(request)).get("data").get(0));
    }

    @Test
    void pngCarriesItsRecipe() throws Exception {
        var path = TestServer.temporary().resolve("image.png");
        Files.write(path, image("{\"prompt\":\"red apple, noto style\",\"seed\":11}"));
        var recipe = PngFile.read(path);
        assertThat(recipe.request().seed()).isEqualTo(11);
        assertThat(recipe.request().prompt()).isEqualTo(PROMPT);
    }

    /** LangChain4j can add no fields to the body, but parameters to the address. */
    @Test
    void fieldsOfOurOwnMayStandInTheQuery() throws Exception {
        var inBody = image("{\"prompt\":\"red apple, noto style\",\"seed\":5,\"window\":4}");
        var inQuery = server.post("/v1/images/generations?seed=5&window=4", "{\"prompt\":\"red apple, noto style\"}");
        assertThat(file(json(inQuery).get("data").get(0))).isEqualTo(inBody);
        assertError(
                server.post("/v1/images/generations?sede=5", "{\"prompt\":\"a\"}"), 400, "sede", "unknown_parameter");
        assertError(server.post("/v1/images/generations?seed=x", "{\"prompt\":\"a\"}"), 400, "seed", "invalid_value");
    }

    @Test
    void addressesAreShortLivedFiles() throws Exception {
        var response = server.generate("{\"prompt\":\"red apple, noto style\",\"response_format\":\"url\",\"seed\":5}");
        String url = json(response).get("data").get(0).get("url").stringValue();
        assertThat(url).startsWith("http://localhost:" + server.port() + "/");
        byte[] file = server.bytes(url.substring(url.indexOf("/v1")));
        assertThat(file).isEqualTo(image("{\"prompt\":\"red apple, noto style\",\"seed\":5}"));
        assertError(server.get("/v1/images/files/0123.png"), 404, null, "not_found");
    }

    @Test
    void promptsMayBeAnyText() throws Exception {
        for (String prompt : List.of(
                "<|image start|><begin_of_image> red apple",
                "🍎🍏 red apple",
                "\\u202Eelppa der",
                "a" + "\\u0301".repeat(30_000),
                "x".repeat(32_000))) {
            assertThat(server.generate("{\"prompt\":\"" + prompt + "\",\"window\":64}")
                            .statusCode())
                    .isEqualTo(200);
        }
        assertError(server.generate("{\"prompt\":\"" + "x".repeat(32_001) + "\"}"), 400, "prompt", "invalid_value");
        String marks = "a" + "\u0301".repeat(100_000);
        assertError(server.generate("{\"prompt\":\"" + marks + "\"}"), 400, "prompt", "invalid_value");
        assertError(
                server.generate("{\"prompt\":\"a\",\"negative_prompt\":\"" + marks + "\"}"),
                400,
                "negative_prompt",
                "invalid_value");
    }

    private record Event(String name, JsonNode data) {}

    private static List<Event> events(String body) throws Exception {
        var client = java.net.http.HttpClient.newHttpClient();
        var response =
                client.send(server.posting("/v1/images/generations", body).build(), BodyHandlers.ofLines());
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/event-stream");
        var events = new ArrayList<Event>();
        String name = "";
        for (String line : response.body().toList()) {
            if (line.startsWith("event: ")) {
                name = line.substring(7);
            } else if (line.startsWith("data: ")) {
                events.add(new Event(name, org.sjd4j.server.http.Json.read(line.substring(6), JsonNode.class)));
            } else {
                assertThat(line.isEmpty() || line.startsWith(":")).isTrue();
            }
        }
        client.close();
        return events;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void streamsPreviewsAndTheSameImage(int previews) throws Exception {
        var events = events("{\"prompt\":\"red apple, noto style\",\"seed\":5,\"stream\":true,\"partial_images\":%s}"
                .formatted(previews));
        assertThat(events).hasSizeBetween(1, previews + 1);
        for (int i = 0; i < events.size() - 1; i++) {
            var partial = events.get(i);
            assertThat(partial.name()).isEqualTo("image_generation.partial_image");
            assertThat(partial.data().propertyNames())
                    .containsExactlyInAnyOrder(
                            "type",
                            "b64_json",
                            "created_at",
                            "size",
                            "quality",
                            "background",
                            "output_format",
                            "partial_image_index");
            assertThat(partial.data().get("partial_image_index").intValue()).isEqualTo(i);
            assertThat(ImageIO.read(new ByteArrayInputStream(file(partial.data()))))
                    .isNotNull();
        }
        var last = events.getLast();
        assertThat(last.name()).isEqualTo("image_generation.completed");
        assertThat(last.data().get("type").stringValue()).isEqualTo(last.name());
        assertThat(last.data().get("usage").get("total_tokens").intValue()).isGreaterThan(256);
        assertThat(file(last.data())).isEqualTo(image("{\"prompt\":\"red apple, noto style\",\"seed\":5}"));
    }
}
