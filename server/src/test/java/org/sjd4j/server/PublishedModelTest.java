package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.assertError;
import static org.sjd4j.server.TestServer.json;

import org.junit.jupiter.api.Test;
import org.sjd4j.api.TinyPublished;

/** A published model behind the images API: its prompts are counted and limited in tokens. */
class PublishedModelTest {
    private static final String FORM = "{\"prompt\":\"%s\",\"seed\":1%s}";

    @Test
    void promptsAreCountedAndLimitedInTokens() throws Exception {
        var checkpoint = TinyPublished.EMU3.write(TestServer.temporary());
        try (var server = TestServer.start(checkpoint, TestServer.temporary(), 4, options -> options)
                .awaitReady()) {
            int one = inputTokens(server, "a red box", "");
            int three = inputTokens(server, "a red box a red box a red box", "");
            assertThat(one).isBetween(3, 9);
            assertThat(three).isBetween(3 * one - 2, 3 * one + 2);
            assertThat(inputTokens(server, "a red box", ",\"guidance_scale\":2,\"negative_prompt\":\"a red box\""))
                    .isEqualTo(2 * one);
            assertThat(inputTokens(server, "a red box", ",\"guidance_scale\":1,\"negative_prompt\":\"a red box\""))
                    .as("what is not read is not counted")
                    .isEqualTo(one);
            String endless = "a red box ".repeat(200); // fewer characters than are possible
            var refused = server.generate(FORM.formatted(endless, ""));
            assertThat(refused.statusCode()).isEqualTo(400);
            var error = json(refused).get("error");
            assertThat(error.get("type").stringValue()).isEqualTo("invalid_request_error");
            assertThat(error.get("param").stringValue()).isEqualTo("prompt");
            assertThat(error.get("code").stringValue()).isEqualTo("invalid_value");
            assertThat(error.get("message").stringValue()).containsPattern("at most \\d+ tokens, found \\d+");
            var negative = server.generate(
                    FORM.formatted("a red box", ",\"guidance_scale\":2,\"negative_prompt\":\"" + endless + "\""));
            assertThat(json(negative).get("error").get("param").stringValue()).isEqualTo("negative_prompt");
            assertThat(server.post("/api/jobs", FORM.formatted(endless, "")).statusCode())
                    .isEqualTo(400);
        }
    }

    /** Without steps of denoising there is no noise to read. */
    @Test
    void decodersThatBeginWithNoiseNeedAModelThatReadsIt() throws Exception {
        var checkpoint = TinyPublished.EMU3.write(TestServer.temporary());
        try (var server = TestServer.start(checkpoint, TestServer.temporary(), 4, options -> options)
                .awaitReady()) {
            var refused = server.generate(FORM.formatted("a red box", ",\"decoder\":\"sjd2-exact\""));
            assertError(refused, 400, "decoder", "invalid_value");
            var plain =
                    server.generate(FORM.formatted("a red box", ",\"decoder\":\"sjd2-exact\",\"denoising_steps\":0"));
            assertThat(plain.statusCode()).as(plain.body()).isEqualTo(200);
        }
    }

    private static int inputTokens(TestServer server, String prompt, String more) throws Exception {
        var answer = server.generate(FORM.formatted(prompt, more));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        var usage = json(answer).get("usage");
        assertThat(usage.get("total_tokens").intValue())
                .isEqualTo(usage.get("input_tokens").intValue()
                        + usage.get("output_tokens").intValue());
        return usage.get("input_tokens").intValue();
    }
}
