package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.pipeline.TinyCheckpoint;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code sjd serve} as a process: how it starts, stops, and is killed. */
class ServeCommandTest {
    private static final int JOBS = 20;
    private static final Pattern PORT = Pattern.compile("http://127.0.0.1:(\\d+)/");

    @TempDir
    private Path directory;

    private final HttpClient client = HttpClient.newHttpClient();
    private final JsonMapper json = new JsonMapper();

    private record Served(Process process, int port) {
        URI uri(String path) {
            return URI.create("http://localhost:" + port + path);
        }
    }

    private Served serve(Path data) throws IOException, InterruptedException {
        TinyCheckpoint.write(directory.resolve("tiny"));
        var process = Cli.process(
                        List.of("-XX:TieredStopAtLevel=1"),
                        List.of(
                                "serve",
                                "--port=0",
                                "--model=" + directory.resolve("tiny"),
                                "--directory=" + data,
                                "--queue=32",
                                "--batch=2"))
                .start();
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
            String body = "{\"prompt\":\"%s\",\"seed\":100,\"n\":%d,\"decoder\":\"ar\"}".formatted(prompt, JOBS / 2);
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

    /** The files of all pictures, by prompt and seed. */
    private TreeMap<String, List<Byte>> pictures(Served served, Path data) throws IOException, InterruptedException {
        while (finished(served) < JOBS) {
            assertThat(served.process.isAlive()).isTrue();
            Thread.sleep(20);
        }
        var pictures = new TreeMap<String, List<Byte>>();
        var ids = new HashSet<String>();
        for (JsonNode job : get(served, "/api/jobs?limit=100").get("jobs")) {
            var request = job.get("request");
            String id = job.get("id").stringValue();
            ids.add(id);
            byte[] file = Files.readAllBytes(data.resolve("pictures").resolve(id + ".png"));
            var bytes = new java.util.ArrayList<Byte>();
            for (byte b : file) {
                bytes.add(b);
            }
            var before = pictures.put(
                    request.get("prompt").stringValue() + " "
                            + request.get("seed").stringValue(),
                    bytes);
            assertThat(before).as("none twice").isNull();
        }
        try (var files = Files.list(data.resolve("pictures"))) {
            assertThat(files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()))
                    .isEqualTo(ids.stream().map(id -> id + ".png").collect(Collectors.toSet()));
        }
        return pictures;
    }

    @Test
    void whatWasAcceptedIsDrawnAlsoIfItIsKilled() throws Exception {
        Path killed = directory.resolve("killed");
        var first = serve(killed);
        addJobs(first);
        while (finished(first) < 3) {
            Thread.sleep(1);
        }
        first.process.destroyForcibly().waitFor(); // SIGKILL
        var second = serve(killed);
        var undisturbed = directory.resolve("undisturbed");
        var other = serve(undisturbed);
        try {
            assertThat(get(second, "/api/jobs?limit=100").get("jobs")).hasSize(JOBS);
            addJobs(other);
            assertThat(pictures(second, killed)).hasSize(JOBS).isEqualTo(pictures(other, undisturbed));
        } finally {
            second.process.destroyForcibly();
            other.process.destroyForcibly();
        }
    }

    @Test
    void endsCleanlyWhenItIsTold() throws Exception {
        var served = serve(directory.resolve("told"));
        addJobs(served);
        served.process.destroy(); // SIGTERM
        assertThat(served.process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(served.process.exitValue()).isZero();
    }

    @Test
    void wrongOptionsAreOneLine() throws IOException {
        Cli.run("serve", "--port=70000").refused("--port is 70000");
        Cli.run("serve", "--queue=0", "--batch=0").refused("--queue is 0", "--batch is 0");
        Cli.run("serve", "--api-key-file=" + directory.resolve("none")).refused("cannot be read");
        Path empty = Files.createFile(directory.resolve("empty"));
        Cli.run("serve", "--api-key-file=" + empty).refused("one line");
        Cli.run("serve", "--host=0.0.0.0").refused("key");
    }
}
