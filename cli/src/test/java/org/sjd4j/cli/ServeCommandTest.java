package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.TinyCheckpoint;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code sjd serve} as a process: how it starts, stops, and is killed. */
class ServeCommandTest {
    private static final int JOBS = 20;
    private static final Pattern PORT = Pattern.compile("http://127.0.0.1:(\\d+)/");

    @TempDir
    private Path directory;

    private GatedMain.Gate gate = new GatedMain.Gate(Path.of(""));

    private final HttpClient client = HttpClient.newHttpClient();
    private final JsonMapper json = new JsonMapper();

    @BeforeEach
    void closeGate() {
        gate = new GatedMain.Gate(directory.resolve("gate"));
    }

    private record Served(Process process, int port) {
        URI uri(String path) {
            return URI.create("http://localhost:" + port + path);
        }
    }

    /** With a model that begins so many images, see {@link GatedMain}. */
    private Served serve(Path data, int images, String... options) throws IOException, InterruptedException {
        gate.open(images);
        Path tiny = TinyCheckpoint.write(directory.resolve("tiny"));
        var all = new ArrayList<>(List.of("--model=" + tiny, "--directory=" + data, "--queue=32"));
        all.addAll(List.of(options));
        if (all.stream().noneMatch(option -> option.startsWith("--workers="))) {
            all.add("--workers=1"); // what a closed gate stops is then the same on any number of CPUs
        }
        return started(all.toArray(String[]::new));
    }

    private Served started(String... options) throws IOException, InterruptedException {
        var arguments = new ArrayList<>(List.of("serve", "--port=0"));
        arguments.addAll(List.of(options));
        var process = Cli.process(gate, arguments).start();
        var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = lines.readLine();
        while (line != null && !PORT.matcher(line).find()) {
            line = lines.readLine();
        }
        assertThat(line).as("it says where it serves").isNotNull();
        var found = PORT.matcher(line);
        assertThat(found.find()).isTrue();
        var served = new Served(process, Integer.parseInt(found.group(1)));
        while (status(served, "/readyz") != 200) {
            assertThat(process.isAlive()).isTrue();
            Thread.sleep(20);
        }
        return served;
    }

    private int status(Served served, String path) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(served.uri(path)).build(), BodyHandlers.discarding())
                .statusCode();
    }

    private JsonNode get(Served served, String path) throws IOException, InterruptedException {
        return json.readTree(
                client.send(HttpRequest.newBuilder(served.uri(path)).build(), BodyHandlers.ofString())
                        .body());
    }

    private void addJobs(Served served) throws IOException, InterruptedException {
        for (String prompt : List.of("apple", "pear")) {
            String body = "{\"prompt\":\"%s\",\"seed\":100,\"n\":%s,\"decoder\":\"ar\"}".formatted(prompt, JOBS / 2);
            var request = HttpRequest.newBuilder(served.uri("/api/jobs"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body));
            assertThat(client.send(request.build(), BodyHandlers.ofString()).statusCode())
                    .isEqualTo(202);
        }
    }

    private int finished(Served served) throws IOException, InterruptedException {
        return get(served, "/api/jobs?limit=100&state=finished").get("jobs").size();
    }

    /** Images of requests that this process has generated to their end. */
    private int generated(Served served) throws IOException, InterruptedException {
        String metrics = client.send(
                        HttpRequest.newBuilder(served.uri("/metrics")).build(), BodyHandlers.ofString())
                .body();
        var found = Pattern.compile("(?m)^sjd_images_total\\{outcome=\"finished\"} (\\S+)$")
                .matcher(metrics);
        assertThat(found.find()).as(metrics).isTrue();
        return (int) Double.parseDouble(found.group(1));
    }

    /** The files of all images, by prompt and seed. */
    private TreeMap<String, List<Byte>> images(Served served, Path data) throws IOException, InterruptedException {
        while (finished(served) < JOBS) {
            assertThat(served.process.isAlive()).isTrue();
            Thread.sleep(20);
        }
        var images = new TreeMap<String, List<Byte>>();
        var ids = new HashSet<String>();
        for (JsonNode job : get(served, "/api/jobs?limit=100").get("jobs")) {
            var request = job.get("request");
            String id = job.get("id").stringValue();
            ids.add(id);
            byte[] file = Files.readAllBytes(data.resolve("images").resolve(id + ".png"));
            var bytes = new ArrayList<Byte>();
            for (byte b : file) {
                bytes.add(b);
            }
            var before = images.put(
                    request.get("prompt").stringValue() + " "
                            + request.get("seed").stringValue(),
                    bytes);
            assertThat(before).as("none twice").isNull();
        }
        try (var files = Files.list(data.resolve("images"))) {
            assertThat(files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()))
                    .isEqualTo(ids.stream().map(id -> id + ".png").collect(Collectors.toSet()));
        }
        return images;
    }

    /** The gate lets five images begin, and while the sixth one waits for it, the fifth one may wait, too. */
    @Test
    void whatWasAcceptedIsGeneratedAlsoIfItIsKilled() throws Exception {
        Path killed = directory.resolve("killed");
        var first = serve(killed, 5, "--batch=2");
        addJobs(first);
        while (finished(first) < 4) {
            assertThat(first.process.isAlive()).isTrue();
            Thread.sleep(1);
        }
        first.process.destroyForcibly().waitFor(); // SIGKILL
        var second = serve(killed, GatedMain.Gate.OPEN, "--batch=2");
        var undisturbed = directory.resolve("undisturbed");
        var other = serve(undisturbed, GatedMain.Gate.OPEN, "--batch=2");
        try {
            assertThat(get(second, "/api/jobs?limit=100").get("jobs")).hasSize(JOBS);
            addJobs(other);
            assertThat(images(second, killed)).hasSize(JOBS).isEqualTo(images(other, undisturbed));
            assertThat(generated(second)).as("what was left").isBetween(JOBS - 5, JOBS - 4);
            assertThat(generated(other)).isEqualTo(JOBS);
        } finally {
            second.process.destroyForcibly();
            other.process.destroyForcibly();
        }
    }

    @Test
    void endsCleanlyWhenItIsTold() throws Exception {
        var served = serve(directory.resolve("told"), GatedMain.Gate.OPEN, "--batch=2");
        addJobs(served);
        served.process.destroy(); // SIGTERM
        assertThat(exitCode(served)).isZero();
    }

    private CompletableFuture<HttpResponse<String>> generate(Served served, String more) {
        String body = "{\"prompt\":\"bus, noto style\",\"seed\":7,\"decoder\":\"ar\"%s}".formatted(more);
        var request = HttpRequest.newBuilder(served.uri("/v1/images/generations"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return client.sendAsync(request.build(), BodyHandlers.ofString());
    }

    private void awaitBegun(Served served, int images) throws IOException, InterruptedException {
        var metrics = HttpRequest.newBuilder(served.uri("/metrics")).build();
        while (!client.send(metrics, BodyHandlers.ofString())
                .body()
                .contains("sjd_queue_wait_seconds_count " + images)) {
            assertThat(served.process.isAlive()).isTrue();
            Thread.sleep(10);
        }
    }

    private static int exitCode(Served served) throws InterruptedException {
        assertThat(served.process.waitFor(10, TimeUnit.MINUTES)).isTrue();
        return served.process.exitValue();
    }

    private void awaitStopping(Served served) throws IOException, InterruptedException {
        while (status(served, "/readyz") != 503) {
            Thread.sleep(10);
        }
    }

    @Test
    void endsAtOnceIfNothingIsGenerated() throws Exception {
        var served = serve(directory.resolve("idle"), GatedMain.Gate.OPEN);
        served.process.destroy();
        assertThat(exitCode(served)).isZero();
    }

    /** Images that are being generated are finished and sent, however they were asked for; new ones are refused meanwhile. */
    @Test
    void finishesWhatItGenerates() throws Exception {
        var served = serve(directory.resolve("finishing"), 1, "--grace=6000");
        var answer = generate(served, "");
        var stream = generate(served, ",\"stream\":true,\"partial_images\":1");
        awaitBegun(served, 2);
        served.process.destroy();
        awaitStopping(served);
        assertThat(generate(served, "").get().statusCode()).isEqualTo(503);
        gate.open(GatedMain.Gate.OPEN);
        assertThat(exitCode(served)).isZero();
        assertThat(answer.get().statusCode()).isEqualTo(200);
        String image = json.readTree(answer.get().body())
                .get("data")
                .get(0)
                .get("b64_json")
                .stringValue();
        assertThat(stream.get().body())
                .contains("event: image_generation.completed", image)
                .doesNotContain("event: error");
    }

    /** What is not finished in time is given up; whoever waits hears so. */
    @Test
    void givesUpWhatTakesTooLong() throws Exception {
        var served = serve(directory.resolve("impatient"), 0, "--grace=0", "--batch=2", "--workers=2");
        var answer = generate(served, "");
        var stream = generate(served, ",\"stream\":true");
        awaitBegun(served, 2);
        var waiting = generate(served, ",\"n\":2");
        served.process.destroy();
        assertThat(exitCode(served)).isZero();
        assertThat(answer.get().statusCode()).isEqualTo(503);
        assertThat(answer.get().body()).contains("\"shutting_down\"");
        assertThat(stream.get().body()).contains("event: error").contains("\"shutting_down\"");
        assertThat(waiting.handle((response, failure) -> response == null ? 503 : response.statusCode())
                        .get())
                .as("refused, if it came early enough to be heard at all")
                .isEqualTo(503);
    }

    @Test
    void aSecondSignalEndsAtOnce() throws Exception {
        var served = serve(directory.resolve("twice"), 0, "--grace=6000", "--batch=1");
        var answer = generate(served, ",\"n\":10");
        awaitBegun(served, 1);
        served.process.destroy();
        awaitStopping(served); // the first one was heard
        served.process.destroy();
        assertThat(exitCode(served)).isEqualTo(128 + 15);
        assertThat(answer).failsWithin(Duration.ofMinutes(10));
    }

    @Test
    void aliasesCanBeRefused() throws Exception {
        var served = serve(directory.resolve("strict"), GatedMain.Gate.OPEN, "--no-aliases");
        try {
            assertThat(generate(served, ",\"model\":\"gpt-image-1\"").get().statusCode())
                    .isEqualTo(404);
            assertThat(generate(served, "").get().statusCode()).isEqualTo(200);
        } finally {
            served.process.destroyForcibly();
        }
    }

    @Test
    void whatCannotBeUsedIsOneLine() throws Exception {
        String tiny = "--model=" + TinyCheckpoint.write(directory.resolve("tiny"));
        Path file = Files.createFile(directory.resolve("file"));
        Cli.run("serve", tiny, "--port=0", "--directory=" + file.resolve("jobs"))
                .refused("cannot use the directory", file.toString());
        Cli.run("serve", tiny, "--port=0", "--directory=" + directory, "--database=jdbc:none:x")
                .refused("cannot open the database jdbc:none:x");
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Cli.run("serve", tiny, "--port=" + taken.getLocalPort(), "--directory=" + directory.resolve("taken"))
                    .refused("127.0.0.1:" + taken.getLocalPort(), "in use", "--port");
        }
    }

    @Test
    void wrongOptionsAreOneLine() throws IOException {
        Cli.run("serve", "--port=70000").refused("--port is 70000");
        Cli.run("serve", "--queue=0", "--batch=0").refused("--queue is 0", "--batch is 0");
        Cli.run("serve", "--workers=0").refused("--workers is 0");
        Cli.run("serve", "--batch=2", "--workers=3").refused("--workers is 3", "1 to 2");
        Cli.run("serve", "--api-key-file=" + directory.resolve("none")).refused("cannot be read");
        Path empty = Files.createFile(directory.resolve("empty"));
        Cli.run("serve", "--api-key-file=" + empty).refused("one line");
        Cli.run("serve", "--host=0.0.0.0").refused("key");
    }
}
