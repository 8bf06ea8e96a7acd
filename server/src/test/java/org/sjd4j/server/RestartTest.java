package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.eventually;
import static org.sjd4j.server.TestServer.json;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sjd4j.api.Families;
import org.sjd4j.api.TextToImage;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;
import tools.jackson.databind.JsonNode;

/** Jobs from one server to the next, one after the other and side by side. */
class RestartTest {
    private static Path checkpoint;

    private final Path directory = TestServer.temporary();

    @BeforeAll
    static void write() {
        checkpoint = TinyCheckpoint.write(TestServer.temporary());
    }

    private TestServer start(Precision precision, UnaryOperator<ServerOptions> changes) throws InterruptedException {
        var model = TextToImage.open(Families.describe(checkpoint), ComputeDevice.CPU, precision);
        return TestServer.start(model, directory, 32, changes).awaitReady();
    }

    private static UnaryOperator<ServerOptions> keeping(Duration keep, @Nullable String database) {
        return options -> new ServerOptions(
                options.host(),
                0,
                null,
                options.directory(),
                database,
                keep,
                options.patience(),
                Duration.ofMillis(1),
                true);
    }

    private static List<String> add(TestServer server, int count, long seed) throws Exception {
        var ids = new ArrayList<String>();
        json(server.post("/api/jobs", "{\"prompt\":\"red apple\",\"seed\":%s,\"n\":%s}".formatted(seed, count)))
                .get("jobs")
                .forEach(job -> ids.add(job.get("id").stringValue()));
        return ids;
    }

    private static JsonNode job(TestServer server, String id) {
        try {
            return json(server.get("/api/jobs/" + id));
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void awaitState(TestServer server, String id, String state) throws InterruptedException {
        eventually(() -> job(server, id).get("state").stringValue().equals(state), "%s is %s".formatted(id, state));
    }

    /** In another dtype the same seed is another image. */
    @Test
    void whatWouldBecomeAnotherImageFails() throws Exception {
        List<String> ids;
        try (var first = start(Precision.FLOAT32, keeping(Duration.ofDays(1), null));
                var hold = first.hold()) {
            ids = add(first, 2, 5);
            first.close();
        }
        try (var second = start(Precision.INT8, keeping(Duration.ofDays(1), null))) {
            for (String id : ids) {
                awaitState(second, id, "failed");
                assertThat(job(second, id).get("error").get("message").stringValue())
                        .contains("dtype: float32 -> int8", "another image");
            }
            var next = add(second, 1, 5);
            awaitState(second, next.getFirst(), "finished");
        }
    }

    /**
     * A database that was written before its tables had a version: a job in each state, and three that wait. One of those
     * belongs to a server that was killed, and one was begun twice.
     */
    @Test
    void jobsOfAnEarlierServerAreContinued() throws Exception {
        try (var database =
                Objects.requireNonNull(RestartTest.class.getResourceAsStream("jobs-before-schema-versions.mv.db"))) {
            Files.copy(database, directory.resolve("jobs.mv.db"));
        }
        for (int start = 0; start < 2; start++) {
            try (var server = start(Precision.FLOAT32, keeping(Duration.ofDays(36_500), null))) {
                assertThat(json(server.get("/api/jobs")).get("jobs")).hasSize(6);
                awaitState(server, "001a21d26a24a00361e45361", "finished");
                awaitState(server, "001a21d26a24a002c13e5f10", "finished");
                awaitState(server, "001a21d26a24a00133ea0f2b", "finished");
                assertThat(job(server, "001a21d26a24a0007abc28be").get("state").stringValue())
                        .isEqualTo("cancelled");
                assertThat(job(server, "001a21d269c9600002d609c1")
                                .get("result")
                                .get("steps")
                                .intValue())
                        .isEqualTo(9);
                assertThat(job(server, "001a21d26880e00070c2c6ab")
                                .get("error")
                                .get("message")
                                .stringValue())
                        .contains("dtype: float32 -> int8");
            }
        }
    }

    @Test
    void oldJobsExpireWithTheirImages() throws Exception {
        String id;
        try (var first = start(Precision.FLOAT32, keeping(Duration.ofDays(1), null))) {
            id = add(first, 1, 5).getFirst();
            awaitState(first, id, "finished");
        }
        Path image = directory.resolve("images").resolve(id + ".png");
        try (var again = start(Precision.FLOAT32, keeping(Duration.ofDays(1), null))) {
            assertThat(job(again, id).get("state").stringValue()).isEqualTo("finished");
            assertThat(image).exists();
        }
        try (var later = start(Precision.FLOAT32, keeping(Duration.ZERO, null))) {
            eventually(() -> status(later, "/api/jobs/" + id) == 404, "it has expired");
            eventually(() -> Files.notExists(image), "so has its image");
        }
    }

    private static int status(TestServer server, String path) {
        try {
            return server.get(path).statusCode();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatAKilledServerBeganToWriteIsRemoved() throws Exception {
        var images = Files.createDirectories(directory.resolve("images"));
        var half = Files.createFile(images.resolve("." + UUID.randomUUID() + ".tmp"));
        var other = Files.createFile(images.resolve(".somebody.tmp"));
        try (var server = start(Precision.FLOAT32, keeping(Duration.ofDays(1), null))) {
            assertThat(half).doesNotExist();
            assertThat(other).exists();
        }
    }

    @Test
    void cancelledJobsKeepTheirSteps() throws Exception {
        try (var server = TestServer.start().awaitReady();
                var gate = server.gate();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            String id = json(server.post("/api/jobs", "{\"prompt\":\"bus, noto style\",\"decoder\":\"ar\"}"))
                    .get("jobs")
                    .get(0)
                    .get("id")
                    .stringValue();
            gate.pass(5);
            eventually(() -> job(server, id).get("step").intValue(0) > 2, "some steps were made");
            var deleted = threads.submit(
                    () -> server.send(server.request("/api/jobs/" + id).DELETE()));
            while (!deleted.isDone()) { // it is heard of at a step
                gate.pass();
                Thread.sleep(200);
            }
            var job = job(server, id);
            assertThat(job.get("state").stringValue()).isEqualTo("cancelled");
            assertThat(job.get("step").intValue()).isGreaterThan(2);
        }
    }

    /** Two servers on one database and one directory: no job twice, all by whoever asks, and those of the other at its end. */
    @Test
    void twoServersShareADatabase() throws Exception {
        String database =
                "jdbc:h2:mem:%s;DB_CLOSE_DELAY=-1;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE".formatted(UUID.randomUUID());
        var options = keeping(Duration.ofDays(1), System.getProperty("sjd4j.postgres", database));
        try (var second = start(Precision.FLOAT32, options)) {
            var ids = new ArrayList<String>();
            double before = second.metric("sjd_images_total{outcome=\"finished\"}");
            double firsts;
            List<String> left;
            try (var first = start(Precision.FLOAT32, options)) {
                firsts = -first.metric("sjd_images_total{outcome=\"finished\"}");
                for (int i = 0; i < 5; i++) {
                    ids.addAll(add(first, 2, 10 * i));
                    ids.addAll(add(second, 2, 100 + 10 * i));
                }
                for (String id : ids) {
                    awaitState(id.hashCode() % 2 == 0 ? first : second, id, "finished");
                    assertThat(second.bytes("/api/jobs/" + id + "/image")).isNotEmpty();
                }
                firsts += first.metric("sjd_images_total{outcome=\"finished\"}");
                try (var hold = first.hold()) {
                    left = add(first, 3, 1000);
                    String cancelled = add(first, 1, 2000).getFirst();
                    second.send(second.request("/api/jobs/" + cancelled).DELETE());
                    eventually(() -> first.metric("sjd_queue_depth") == 3, "the owner hears that one is cancelled");
                    first.close();
                }
            }
            assertThat(firsts + second.metric("sjd_images_total{outcome=\"finished\"}") - before)
                    .as("each was generated once")
                    .isEqualTo(ids.size());
            for (String id : left) {
                awaitState(second, id, "finished");
            }
            for (JsonNode job : json(second.get("/api/jobs?limit=100")).get("jobs")) {
                second.send(second.request("/api/jobs/" + job.get("id").stringValue())
                        .DELETE());
            }
        }
    }
}
