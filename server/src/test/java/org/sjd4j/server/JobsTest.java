package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sjd4j.server.TestServer.eventually;
import static org.sjd4j.server.TestServer.json;

import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sjd4j.server.http.Json;
import org.sjd4j.server.jobs.ServerStateException;
import tools.jackson.databind.JsonNode;

/** Jobs: accepted, watched, cancelled, found again. */
class JobsTest {
    private static TestServer server;

    @BeforeAll
    static void start() throws InterruptedException {
        server = TestServer.start().awaitReady();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static JsonNode add(String body) throws Exception {
        var response = server.post("/api/jobs", body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
        var jobs = json(response).get("jobs");
        assertThat(response.headers().firstValue("Location"))
                .contains("/api/jobs/" + jobs.get(0).get("id").stringValue());
        assertThat(response.body())
                .as("seconds without an exponent")
                .containsPattern("\"created\":\\d{10}\\.\\d{3}\\b");
        return jobs;
    }

    private static String id(JsonNode job) {
        return job.get("id").stringValue();
    }

    private static JsonNode await(TestServer server, String id) throws Exception {
        JsonNode job = json(server.get("/api/jobs/" + id));
        while (Set.of("queued", "running").contains(job.get("state").stringValue())) {
            Thread.sleep(20);
            job = json(server.get("/api/jobs/" + id));
        }
        return job;
    }

    @Test
    void aJobBecomesTheImageOfTheImagesApi() throws Exception {
        var job = await(
                server,
                id(add("{\"prompt\":\"red apple, noto style\",\"seed\":5}").get(0)));
        assertThat(job.get("state").stringValue()).isEqualTo("finished");
        assertThat(job.get("result").get("steps").intValue()).isBetween(10, 255);
        assertThat(job.get("result").get("autoregression_steps").intValue()).isEqualTo(256);
        byte[] image = server.bytes(job.get("image").stringValue());
        var same = server.generate("{\"prompt\":\"red apple, noto style\",\"seed\":5}");
        assertThat(Base64.getEncoder().encodeToString(image))
                .isEqualTo(json(same).get("data").get(0).get("b64_json").stringValue());
    }

    @Test
    void exactDecodersHaveTheSameHash() throws Exception {
        String form = "{\"prompt\":\"bus, noto style\",\"seed\":8,\"decoder\":\"%s\"}";
        var hashes = new HashSet<String>();
        for (String decoder : List.of("ar", "sjd-exact", "sjd2-exact")) {
            var job = await(server, id(add(form.formatted(decoder)).get(0)));
            hashes.add(job.get("result").get("tokens_hash").stringValue());
        }
        assertThat(hashes).hasSize(1);
    }

    /** The estimate is of warm passes that one image had for itself, and is given to such an image only. */
    @Test
    void whatAutoregressionWouldTakeIsSaidWhereItCanBeKnown() throws Exception {
        eventually(() -> server.autoregressionSeconds() > 0, "while nothing is to do, it is measured");
        String form = "{\"prompt\":\"bus, noto style\",\"seed\":8,\"n\":%d}";
        var alone = await(server, id(add(form.formatted(1)).get(0))).get("result");
        assertThat(alone.get("autoregression_seconds").doubleValue()).isPositive();
        var ids = new ArrayList<String>();
        try (var hold = server.hold()) {
            add(form.formatted(2)).forEach(job -> ids.add(id(job)));
        }
        for (String id : ids) {
            var shared = await(server, id).get("result");
            assertThat(shared.get("autoregression_seconds").isNull())
                    .as("its passes took longer for the other one")
                    .isTrue();
        }
    }

    /** The model waits until the watcher has seen a preview. */
    @Test
    void eventsEndWithTheFinishedJobAndHavePreviews() throws Exception {
        var states = new ArrayList<JsonNode>();
        try (var client = HttpClient.newHttpClient();
                var gate = server.gate()) {
            String id = id(
                    add("{\"prompt\":\"bus, noto style\",\"decoder\":\"ar\"}").get(0));
            var events = client.send(
                            server.request("/api/jobs/" + id + "/events").build(), BodyHandlers.ofLines())
                    .body()
                    .filter(line -> line.startsWith("data: "))
                    .iterator();
            do {
                states.add(Json.read(events.next().substring(6), JsonNode.class));
                gate.pass(); // what is seen after this was made because somebody looks
            } while (states.getLast().get("preview").isNull());
            assertThat(states.getLast().get("step").intValue()).isPositive();
            gate.close();
            events.forEachRemaining(line -> states.add(Json.read(line.substring(6), JsonNode.class)));
        }
        assertThat(states.getLast().get("state").stringValue()).isEqualTo("finished");
    }

    @Test
    void cancelledJobsEndAndEndedOnesCanBeRemoved() throws Exception {
        var ids = new ArrayList<String>();
        try (var hold = server.hold()) {
            add("{\"prompt\":\"bus, noto style\",\"decoder\":\"ar\",\"n\":8}").forEach(job -> ids.add(id(job)));
            for (String id : ids.reversed()) {
                var cancelled = server.send(server.request("/api/jobs/" + id).DELETE());
                assertThat(cancelled.statusCode()).isEqualTo(200);
                assertThat(json(cancelled).get("state").stringValue()).isEqualTo("cancelled");
            }
        }
        assertThat(server.send(server.request("/api/jobs/" + ids.getFirst() + "?cancel=true")
                                .DELETE())
                        .statusCode())
                .as("it has ended, and stays")
                .isEqualTo(200);
        assertThat(server.send(server.request("/api/jobs/" + ids.getFirst()).DELETE())
                        .statusCode())
                .isEqualTo(204);
        assertThat(server.get("/api/jobs/" + ids.getFirst()).statusCode()).isEqualTo(404);
        assertThat(server.get("/api/jobs/nothing").statusCode()).isEqualTo(404);
        assertThat(server.get("/api/jobs/..%2f..%2fetc").statusCode()).isIn(400, 404);
    }

    @Test
    void historyIsSearchedAndPaged() throws Exception {
        for (int i = 0; i < 3; i++) {
            await(
                    server,
                    id(add("{\"prompt\":\"Penguin 100%% number %s\",\"window\":64}".formatted(i))
                            .get(0)));
        }
        var first = json(server.get("/api/jobs?search=penguin%20100%25&limit=2&state=finished"));
        assertThat(first.get("jobs")).hasSize(2);
        assertThat(first.get("more").booleanValue()).isTrue();
        assertThat(first.get("jobs").get(0).get("request").get("prompt").stringValue())
                .endsWith("2");
        var second = json(server.get("/api/jobs?search=PENGUIN&limit=2&before="
                + id(first.get("jobs").get(1))));
        assertThat(second.get("jobs")).hasSize(1);
        assertThat(second.get("more").booleanValue()).isFalse();
        assertThat(json(server.get("/api/jobs?search=_enguin")).get("jobs")).isEmpty();
        for (String bad : List.of("limit=0", "limit=x", "before=x", "state=x")) {
            assertThat(server.get("/api/jobs?" + bad).statusCode()).as(bad).isEqualTo(400);
        }
    }

    @Test
    void jobsSurviveTheServer() throws Exception {
        var directory = TestServer.temporary();
        var ids = new ArrayList<String>();
        try (var first = TestServer.start(directory, 16, options -> options).awaitReady()) {
            assertThatThrownBy(() -> TestServer.start(directory, 16, options -> options))
                    .isInstanceOf(ServerStateException.class)
                    .hasMessageContaining("in use");
            json(first.post("/api/jobs", "{\"prompt\":\"bus, noto style\",\"seed\":1,\"n\":6,\"decoder\":\"ar\"}"))
                    .get("jobs")
                    .forEach(job -> ids.add(id(job)));
        }
        for (int stop = 0; stop < 3; stop++) { // however often it is stopped in the middle of them
            try (var again =
                    TestServer.start(directory, 16, JobsTest::impatient).awaitReady()) {
                assertThat(again.get("/api/jobs/" + ids.getLast()).statusCode()).isEqualTo(200);
            }
        }
        try (var second = TestServer.start(directory, 16, options -> options).awaitReady()) {
            for (int i = 0; i < ids.size(); i++) {
                var job = await(second, ids.get(i));
                assertThat(job.get("state").stringValue()).isEqualTo("finished");
                assertThat(job.get("request").get("seed").stringValue()).isEqualTo(Integer.toString(1 + i));
                assertThat(second.bytes(job.get("image").stringValue())).hasSizeGreaterThan(1000);
            }
        }
    }

    private static ServerOptions impatient(ServerOptions options) {
        return new ServerOptions(
                options.host(),
                0,
                null,
                options.directory(),
                null,
                options.keep(),
                options.patience(),
                java.time.Duration.ofMillis(1),
                true);
    }

    @Test
    void portsInUseAreSaidToBe() {
        int port = server.port();
        assertThatThrownBy(() -> TestServer.start(
                        TestServer.temporary(),
                        4,
                        o -> new ServerOptions(
                                o.host(), port, null, o.directory(), null, o.keep(), o.patience(), o.farewell(), true)))
                .isInstanceOf(ServerStateException.class)
                .hasMessageContaining("port");
    }
}
