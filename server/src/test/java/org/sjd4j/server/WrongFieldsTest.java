package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.assertError;
import static org.sjd4j.server.TestServer.json;

import java.net.http.HttpRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests for images that make no sense: every field, and what is no JSON object. */
class WrongFieldsTest {
    private static TestServer server;

    @BeforeAll
    static void start() throws InterruptedException {
        server = TestServer.start().awaitReady();
    }

    @AfterAll
    static void stop() {
        server.close();
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
}
