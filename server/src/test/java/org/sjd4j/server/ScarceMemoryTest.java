package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.eventually;
import static org.sjd4j.server.TestServer.json;

import java.awt.image.BufferedImage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.api.Families;
import org.sjd4j.api.TextToImage;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.LoadedModel;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;

/** Images for which there is no memory: they fail, and the server goes on. */
class ScarceMemoryTest {
    private static final String NATIVE = "green";
    private static final String JAVA = "pear";
    private static final String FORM = "{\"prompt\":\"%s apple\",\"seed\":%s%s}";

    private static TestServer server;

    @BeforeAll
    static void start() throws InterruptedException {
        var model = TextToImage.open(
                scarce(Families.describe(TinyCheckpoint.write(TestServer.temporary()))),
                ComputeDevice.CPU,
                Precision.FLOAT32);
        server = TestServer.start(model, TestServer.temporary(), 64, options -> options)
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** The model of a description, which takes more memory than there is for some words. */
    private static ModelDescription scarce(ModelDescription description) {
        return (ModelDescription) Proxy.newProxyInstance(
                ScarceMemoryTest.class.getClassLoader(),
                new Class<?>[] {ModelDescription.class},
                (_, method, arguments) -> {
                    try {
                        Object result = method.invoke(description, arguments);
                        return result instanceof LoadedModel loaded ? new Scarce(loaded) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private record Scarce(LoadedModel model) implements LoadedModel {
        @Override
        public ImageTokenNetwork network() {
            return model.network();
        }

        @Override
        public ImageSession begin(String prompt, String negativePrompt, Sampling sampling, ImageSize size) {
            if (prompt.contains(NATIVE)) {
                torch.zeros(1L << 46);
            }
            if (prompt.contains(JAVA)) {
                throw new OutOfMemoryError("Java heap space");
            }
            return model.begin(prompt, negativePrompt, sampling, size);
        }

        @Override
        public int promptTokens(String prompt) {
            return model.promptTokens(prompt);
        }

        @Override
        public int longestPrompt(ImageSize size) {
            return model.longestPrompt(size);
        }

        @Override
        public BufferedImage image(int[] tokens, ImageSize size) {
            return model.image(tokens, size);
        }

        @Override
        public int[] tokens(BufferedImage image, ImageSize size) {
            return model.tokens(image, size);
        }

        @Override
        public void close() {
            model.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {NATIVE, JAVA})
    void itsRequestFailsAndTheNextOneDoesNot(String word) throws Exception {
        var good = json(server.generate(FORM.formatted("red", 1, ""))).get("data");
        long before = Pointer.totalCount();
        var failed = server.generate(FORM.formatted(word, 1, ""));
        assertThat(failed.statusCode()).isEqualTo(500);
        var error = json(failed).get("error");
        assertThat(error.get("type").stringValue()).isEqualTo("server_error");
        assertThat(error.get("message").stringValue())
                .contains(failed.headers().firstValue("x-request-id").orElseThrow())
                .doesNotContainIgnoringCase("alloc")
                .doesNotContain("heap", "Error", "Exception");
        assertThat(failed.headers().firstValue("X-Should-Retry")).contains("false");
        assertThat(server.generate(FORM.formatted(word, 1, ",\"stream\":true")).body())
                .contains("event: error\ndata: {\"error\":{")
                .doesNotContain("completed", "heap");
        assertThat(json(server.generate(FORM.formatted("red", 1, ""))).get("data"))
                .isEqualTo(good);
        eventually(() -> Pointer.totalCount() <= before, "all is freed");
        assertThat(server.get("/readyz").statusCode()).isEqualTo(200);
    }

    @Test
    void othersAreGeneratedMeanwhile() throws Exception {
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<Future<HttpResponse<String>>>();
            for (int i = 0; i < 24; i++) {
                String word = new String[] {"red", NATIVE, JAVA}[i % 3];
                String body = FORM.formatted(word, i, "");
                answers.add(clients.submit(() -> server.generate(body)));
            }
            for (int i = 0; i < answers.size(); i++) {
                assertThat(answers.get(i).get().statusCode()).isEqualTo(i % 3 == 0 ? 200 : 500);
            }
        }
    }
}
