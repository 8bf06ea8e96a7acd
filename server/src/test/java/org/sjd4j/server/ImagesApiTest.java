package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.PROMPT;
import static org.sjd4j.server.TestServer.json;

import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.TinyCheckpoint;
import tools.jackson.databind.JsonNode;

/** OpenAI's images API, field by field, good and bad. */
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

    private static void assertError(HttpResponse<String> response, int status, @Nullable String param, String code) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        var error = json(response).get("error");
        assertThat(error.propertyNames()).containsExactlyInAnyOrder("message", "type", "param", "code");
        assertThat(error.get("message").stringValue()).isNotBlank().doesNotContain("org.sjd4j", "Exception");
        assertThat(error.get("param").isNull() ? null : error.get("param").stringValue())
                .isEqualTo(param);
        assertThat(error.get("code").isNull() ? null : error.get("code").stringValue())
                .isEqualTo(code);
    }

    private static byte[] file(JsonNode image) {
        return Base64.getDecoder().decode(image.get("b64_json").stringValue());
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|prompt|missing_required_parameter",
                "{'prompt':null}|prompt|missing_required_parameter",
                "{'prompt':''}|prompt|invalid_value",
                "{'prompt':'  '}|prompt|invalid_value",
                "{'prompt':5}|prompt|invalid_type",
                "{'prompt':['a']}|prompt|invalid_type",
                "{'prompt':'\\ud800'}|prompt|invalid_value",
                "{'prompt':'a\\u0000b'}|prompt|invalid_value",
                "{'prompt':'a','sede':1}|sede|unknown_parameter",
                "{'prompt':'a','n':0}|n|invalid_value",
                "{'prompt':'a','n':11}|n|invalid_value",
                "{'prompt':'a','n':1.5}|n|invalid_value",
                "{'prompt':'a','n':'2'}|n|invalid_type",
                "{'prompt':'a','n':1e30}|n|invalid_value",
                "{'prompt':'a','size':'0x0'}|size|invalid_value",
                "{'prompt':'a','size':'-1x5'}|size|invalid_value",
                "{'prompt':'a','size':'1e3x2'}|size|invalid_value",
                "{'prompt':'a','size':'512X512'}|size|invalid_value",
                "{'prompt':'a','size':'٥١٢x512'}|size|invalid_value",
                "{'prompt':'a','size':'99999999999x1'}|size|invalid_value",
                "{'prompt':'a','size':'1024x1024'}|size|invalid_value",
                "{'prompt':'a','size':128}|size|invalid_type",
                "{'prompt':'a','quality':'best'}|quality|invalid_value",
                "{'prompt':'a','response_format':'file'}|response_format|invalid_value",
                "{'prompt':'a','output_format':'webp'}|output_format|invalid_value",
                "{'prompt':'a','output_format':'jpeg','output_compression':101}|output_compression|invalid_value",
                "{'prompt':'a','output_compression':50}|output_compression|invalid_value",
                "{'prompt':'a','background':'transparent'}|background|invalid_value",
                "{'prompt':'a','moderation':'none'}|moderation|invalid_value",
                "{'prompt':'a','style':'baroque'}|style|invalid_value",
                "{'prompt':'a','stream':'yes'}|stream|invalid_type",
                "{'prompt':'a','stream':true,'n':2}|n|invalid_value",
                "{'prompt':'a','partial_images':4}|partial_images|invalid_value",
                "{'prompt':'a','user':5}|user|invalid_type",
                "{'prompt':'a','seed':'x'}|seed|invalid_value",
                "{'prompt':'a','seed':'9223372036854775808'}|seed|invalid_value",
                "{'prompt':'a','seed':9223372036854775808}|seed|invalid_value",
                "{'prompt':'a','seed':1.5}|seed|invalid_value",
                "{'prompt':'a','seed':true}|seed|invalid_type",
                "{'prompt':'a','seed':[5]}|seed|invalid_type",
                "{'prompt':'a','negative_prompt':5}|negative_prompt|invalid_type",
                "{'prompt':'a','guidance_scale':'3'}|guidance_scale|invalid_type",
                "{'prompt':'a','decoder':1}|decoder|invalid_type",
                "{'prompt':'a','window':'8'}|window|invalid_type",
                "{'prompt':'a','window':8.5}|window|invalid_value",
                "{'prompt':'a','denoising_steps':'1'}|denoising_steps|invalid_type",
                "{'prompt':'a','denoising_steps':101}|denoising_steps|invalid_value",
                "{'prompt':'a','temperature':'hot'}|temperature|invalid_type",
                "{'prompt':'a','top_k':{}}|top_k|invalid_type",
                "{'prompt':'a','top_k':2.5}|top_k|invalid_value",
                "{'prompt':'a','top_p':'0.9'}|top_p|invalid_type",
                "{'prompt':'a','quality':1}|quality|invalid_type",
                "{'prompt':'a','response_format':true}|response_format|invalid_type",
                "{'prompt':'a','output_format':1}|output_format|invalid_type",
                "{'prompt':'a','output_compression':'80'}|output_compression|invalid_type",
                "{'prompt':'a','background':0}|background|invalid_type",
                "{'prompt':'a','moderation':[]}|moderation|invalid_type",
                "{'prompt':'a','style':1}|style|invalid_type",
                "{'prompt':'a','partial_images':'1'}|partial_images|invalid_type",
                "{'prompt':'a','guidance_scale':-1}|guidance_scale|invalid_value",
                "{'prompt':'a','guidance_scale':1e999}|guidance_scale|invalid_value",
                "{'prompt':'a','decoder':'magic'}|decoder|invalid_value",
                "{'prompt':'a','window':0}|window|invalid_value",
                "{'prompt':'a','window':257}|window|invalid_value",
                "{'prompt':'a','temperature':0}|temperature|invalid_value",
                "{'prompt':'a','top_k':-1}|top_k|invalid_value",
                "{'prompt':'a','top_p':0}|top_p|invalid_value",
                "{'prompt':'a','model':7}|model|invalid_type",
            })
    void wrongFieldsAreNamed(String body, String param, String code) throws Exception {
        assertError(server.generate(body.replace('\'', '"')), 400, param, code);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "5",
                "null",
                "{\"prompt\":\"a\",\"prompt\":\"b\"}",
                "{\"prompt\":\"a\"} x",
                "{'prompt':1}"
            })
    void whatIsNoObjectIsSaidToBeNone(String body) throws Exception {
        assertError(server.generate(body), 400, null, "invalid_json");
    }

    /** Parsers name options of their own, which a caller cannot set. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"prompt\":\"a\",\"seed\":NaN}|'NaN', which is no number in JSON: numbers are finite (line 1, column 22)",
                "{\"top_p\":-Infinity}|'-Infinity', which is no number in JSON: numbers are finite (line 1, column 10)",
                "{\"prompt\":\"a\", // note|a comment, which JSON does not have (line 1, column 16)",
                "{'prompt':'a'}|''', where JSON has double quotes (line 1, column 2)",
                "{\"prompt\":\"a\",}|a comma after the last value (line 1, column 14)",
                "{\"seed\":007}|the number '007' with a leading zero (line 1, column 9)",
                "{\"n\":1,\"n\":2}|the name 'n' for the second time in one object (line 1, column 8)",
                "{\"stream\":True}|'True', where JSON has true, false and null (line 1, column 11)",
                "{\"prompt\":\"a|a string that does not end (line 1, column 11)",
                "{\"prompt\":\"C:\\x\"}|a backslash in a string, which is written as \\\\ (line 1, column 14)",
                "{\"n\":1} {}|more after the end of the JSON value (line 1, column 9)",
                "{\"seed\":1111111111111111111111111111111111111111111}|a number of more than 40 characters (line 1, column 9)",
            })
    void malformedJsonIsExplained(String body, String reason) throws Exception {
        var answer = server.generate(body);
        assertError(answer, 400, null, "invalid_json");
        assertThat(json(answer).get("error").get("message").stringValue())
                .isEqualTo("We could not parse the JSON body of your request: found " + reason + ".");
    }

    @Test
    void wrongBytesHaveAPlaceAndAByteOrderMarkIsNoHarm() throws Exception {
        for (byte[] body : new byte[][] {
            {'{', '\n', (byte) 0xff, '}'},
            {'{', '\n', (byte) 0xc0, (byte) 0x80},
            {'{', '\n', (byte) 0xed, (byte) 0xa0, '}'}
        }) {
            var answer = server.send(server.request("/v1/images/generations")
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
            assertError(answer, 400, null, "invalid_json");
            assertThat(json(answer).get("error").get("message").stringValue())
                    .endsWith("found bytes that are not UTF-8 (line 2, column 1).");
        }
        assertThat(server.generate("\uFEFF{\"prompt\":\"a\",\"window\":64}").statusCode())
                .isEqualTo(200);
    }

    @Test
    void deepNestingIsNoObject() throws Exception {
        assertError(
                server.generate("{\"prompt\":" + "[".repeat(5000) + "]".repeat(5000) + "}"), 400, null, "invalid_json");
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
        try (var strict = TestServer.start(TestServer.temporary(), 4, ImagesApiTest::withoutAliases)
                .awaitReady()) {
            assertError(strict.generate("{\"prompt\":\"a\",\"model\":\"gpt-image-1\"}"), 404, null, "model_not_found");
            assertError(strict.generate("{\"prompt\":\"a\",\"model\":\"dall-e-3\"}"), 404, null, "model_not_found");
            assertError(strict.get("/v1/models/gpt-image-1"), 404, null, "model_not_found");
            assertThat(strict.generate("{\"prompt\":\"a\",\"window\":64}").statusCode())
                    .isEqualTo(200);
            assertThat(strict.generate("{\"prompt\":\"a\",\"model\":\"bundled\",\"window\":64}")
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
        byte[] expected = image("{\"prompt\":\"a\",\"seed\":5,\"window\":64}");
        var answer = server.post(path + "?seed=5", "{\"prompt\":\"a\",\"window\":64}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(file(json(answer).get("data").get(0))).isEqualTo(expected);
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
    void bodiesOfOtherTypesAndCodingsAreRefused() throws Exception {
        var plain = server.request("/v1/images/generations")
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\":\"a\"}"));
        assertError(server.send(plain), 415, null, "unsupported_media_type");
        var packed =
                server.posting("/v1/images/generations", "{\"prompt\":\"a\"}").header("Content-Encoding", "gzip");
        assertError(server.send(packed), 415, null, "unsupported_content_encoding");
        assertError(server.generate("{\"prompt\":\"" + "x".repeat(1 << 20) + "\"}"), 413, null, "request_too_large");
        var broken = server.request("/v1/images/generations")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[] {'{', (byte) 0xff, '}'}));
        assertError(server.send(broken), 400, null, "invalid_json");
    }

    @Test
    void routesAndMethodsAreExact() throws Exception {
        var get = server.get("/v1/images/generations");
        assertError(get, 405, null, "method_not_allowed");
        assertThat(get.headers().firstValue("Allow")).contains("POST");
        assertError(server.get("/v1/models/"), 404, null, "unknown_url");
        assertError(server.get("/v1/nothing"), 404, null, "unknown_url");
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

    /** Random edits of a good body: whatever comes, it is generated, or refused in a form that clients understand. */
    @Test
    void tenThousandMutatedBodiesAreAnsweredInForm() throws Exception {
        var checkpoint = TinyCheckpoint.write(TestServer.temporary()); // generating the good ones must not take minutes
        try (var tiny = TestServer.start(checkpoint, TestServer.temporary(), 16, options -> options)
                .awaitReady()) {
            mutate(tiny);
            double failed = tiny.metric("sjd_images_total{outcome=\"failed\"}");
            assertThat(failed).as("images that broke").isZero();
            assertThat(tiny.metric("sjd_images_total{outcome=\"finished\"}"))
                    .as("bodies that stayed good")
                    .isGreaterThan(100);
        }
    }

    private static void mutate(TestServer tiny) throws Exception {
        long seed = Long.getLong("sjd4j.seed", 20261124);
        var random = new Random(seed);
        String good = "{\"prompt\":\"a red apple\",\"n\":1,\"size\":\"auto\",\"seed\":5,\"window\":16,"
                + "\"guidance_scale\":1.5,\"stream\":false}";
        for (int i = 0; i < 10_000; i++) {
            byte[] body = mutated(good.getBytes(StandardCharsets.UTF_8), random);
            var request = tiny.request("/v1/images/generations")
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body));
            var response = tiny.send(request);
            String shown = "seed %s, %s: %s".formatted(seed, i, new String(body, StandardCharsets.ISO_8859_1));
            assertThat(response.statusCode() / 100).as(shown).isIn(2, 4);
            if (response.statusCode() / 100 == 4) {
                assertThat(json(response).get("error").propertyNames())
                        .as(shown)
                        .containsExactlyInAnyOrder("message", "type", "param", "code");
            }
        }
    }

    private static byte[] mutated(byte[] body, Random random) {
        var bytes = new ArrayList<Byte>();
        for (byte b : body) {
            bytes.add(b);
        }
        for (int edit = 1 + random.nextInt(4); edit > 0 && !bytes.isEmpty(); edit--) {
            int at = random.nextInt(bytes.size());
            switch (random.nextInt(4)) {
                case 0 -> bytes.set(at, (byte) random.nextInt(256));
                case 1 -> bytes.remove(at);
                case 2 -> bytes.add(at, (byte) "{}[]\":,0-e.n\\t".charAt(random.nextInt(13)));
                default ->
                    bytes.subList(at, Math.min(bytes.size(), at + random.nextInt(12)))
                            .clear();
            }
        }
        byte[] result = new byte[bytes.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = bytes.get(i);
        }
        return result;
    }
}
