package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.eventually;
import static org.sjd4j.server.TestServer.json;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sjd4j.api.TinyCheckpoint;

/** An image that breaks while it is generated, alone and among others. */
class BrokenImagesTest {
    private static final String GOOD = "{\"prompt\":\"red apple\",\"seed\":%s}";
    private static final String BROKEN = "{\"prompt\":\"" + TinyCheckpoint.BROKEN_WORD + "\",\"seed\":%s}";

    private static TestServer server;

    @BeforeAll
    static void start() throws InterruptedException {
        var checkpoint = TinyCheckpoint.writeBroken(TestServer.temporary());
        server = TestServer.start(checkpoint, TestServer.temporary(), 64, options -> options)
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void failsAloneAndLeavesNothingBehind() throws Exception {
        var expected = server.generate(GOOD.formatted(1)).body();
        long before = Pointer.totalCount();
        for (int round = 0; round < 5; round++) {
            try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
                var answers = new ArrayList<Future<HttpResponse<String>>>();
                for (int i = 0; i < 8; i++) {
                    String body = (i % 2 == 0 ? GOOD : BROKEN).formatted(i);
                    answers.add(clients.submit(() -> server.generate(body)));
                }
                for (int i = 0; i < answers.size(); i++) {
                    var answer = answers.get(i).get();
                    assertThat(answer.statusCode()).isEqualTo(i % 2 == 0 ? 200 : 500);
                    if (i % 2 != 0) {
                        var error = json(answer).get("error");
                        String id = answer.headers().firstValue("x-request-id").orElseThrow();
                        assertThat(error.get("message").stringValue())
                                .contains(id)
                                .doesNotContain("NaN", "logit");
                        assertThat(error.get("type").stringValue()).isEqualTo("server_error");
                    }
                }
            }
        }
        var again = json(server.generate(GOOD.formatted(1))).get("data");
        assertThat(again)
                .isEqualTo(org.sjd4j.server.http.Json.read(expected, tools.jackson.databind.JsonNode.class)
                        .get("data"));
        eventually(() -> Pointer.totalCount() <= before, "all is freed");
    }

    @Test
    void aStreamEndsWithTheError() throws Exception {
        var stream = server.generate("{\"prompt\":\"pear\",\"stream\":true}");
        assertThat(stream.statusCode()).isEqualTo(200);
        assertThat(stream.body()).contains("event: error\ndata: {\"error\":{").doesNotContain("completed");
    }

    @Test
    void aJobSaysThatItFailed() throws Exception {
        var added =
                json(server.post("/api/jobs", BROKEN.formatted(1))).get("jobs").get(0);
        var job = added;
        while (job.get("state").stringValue().equals("queued")
                || job.get("state").stringValue().equals("running")) {
            Thread.sleep(10);
            job = json(server.get("/api/jobs/" + added.get("id").stringValue()));
        }
        assertThat(job.get("state").stringValue()).isEqualTo("failed");
        assertThat(job.get("error").get("message").stringValue()).contains("could not be generated");
        assertThat(job.get("image").isNull()).isTrue();
    }

    /** A thousand small requests leave no more native objects, native bytes and threads than the first hundred did. */
    @Test
    void aThousandRequestsLeaveNothingBehind() throws Exception {
        long objects = 0;
        long bytes = 0;
        int threads = 0;
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int hundred = 0; hundred < 10; hundred++) {
                var answers = new ArrayList<Future<HttpResponse<String>>>();
                for (int i = 0; i < 100; i++) {
                    String body = GOOD.formatted(i);
                    answers.add(clients.submit(() -> server.generate(body)));
                    if (i % 20 == 19) {
                        for (var answer : answers) {
                            assertThat(answer.get().statusCode()).isEqualTo(200);
                        }
                    }
                }
                if (hundred == 0) {
                    objects = Pointer.totalCount();
                    bytes = Pointer.totalBytes();
                    threads = Thread.getAllStackTraces().size();
                }
            }
        }
        long most = objects;
        long mostBytes = bytes;
        eventually(() -> Pointer.totalCount() <= most && Pointer.totalBytes() <= mostBytes, "all is freed");
        assertThat(Thread.getAllStackTraces().size())
                .as("carriers and pools, not one for each request")
                .isLessThan(threads + 50 + Runtime.getRuntime().availableProcessors());
    }
}
