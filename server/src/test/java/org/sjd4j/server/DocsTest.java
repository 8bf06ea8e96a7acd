package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.json;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sjd4j.api.PngFile;

/** The clients' snippets of {@code docs/serving.md} that are not Java, as they stand there but for the port. */
class DocsTest {
    private static final Path DOCS = Path.of("../docs/serving.md");
    private static final String PYTHON = System.getProperty("sjd4j.python", "python3");

    private static TestServer server;
    private static byte[] expected;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start().awaitReady();
        var answer = server.generate("{\"prompt\":\"a red car\",\"seed\":7}");
        expected = Base64.getDecoder()
                .decode(json(answer).get("data").get(0).get("b64_json").stringValue());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String snippet(String language, String beginning) throws IOException {
        var block = Pattern.compile("(?ms)^```" + language + "\\n(" + Pattern.quote(beginning) + ".*?)^```")
                .matcher(Files.readString(DOCS));
        assertThat(block.find()).as("a block of " + language).isTrue();
        String port = "localhost:" + server.port();
        assertThat(block.group(1)).contains("localhost:8080");
        return block.group(1).replace("localhost:8080", port);
    }

    private record Result(int code, String output) {}

    private static Result run(Path directory, String... command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }

    private static boolean works(String... command) throws InterruptedException {
        try {
            return run(Path.of("."), command).code == 0;
        } catch (IOException e) {
            return false; // there is no such program
        }
    }

    /** The clients that this machine has; others are covered by what they send. */
    @TestFactory
    List<DynamicTest> clientsOfThisMachine() throws InterruptedException {
        var tests = new ArrayList<DynamicTest>();
        boolean curl = true;
        for (String program : List.of("curl", "jq", "base64")) {
            curl &= works(program, "--version");
        }
        if (curl) {
            tests.add(DynamicTest.dynamicTest("curl", this::curl));
        }
        if (works(PYTHON, "-c", "import openai")) {
            tests.add(DynamicTest.dynamicTest("python", this::python));
        }
        return tests;
    }

    private void curl() throws Exception {
        Path directory = TestServer.temporary();
        var result = run(directory, "bash", "-c", "set -o pipefail\n" + snippet("sh", "curl"));
        assertThat(result.code).as(result.output).isZero();
        Path image = directory.resolve("car.png");
        assertThat(Files.readAllBytes(image)).isEqualTo(expected);
        assertThat(PngFile.read(image).request().seed()).isEqualTo(7);
    }

    private void python() throws Exception {
        String program = snippet("python", "import openai") + "print(picture)\n";
        var result = run(TestServer.temporary(), PYTHON, "-c", program);
        assertThat(result.code).as(result.output).isZero();
        assertThat(Base64.getDecoder().decode(result.output.strip())).isEqualTo(expected);
    }

    /** What openai 3.22.1 for Python sends for that snippet, for machines without it. */
    @Test
    void whatPythonSends() throws Exception {
        var request = server.posting("/v1/images/generations", "{\"prompt\":\"a red car\",\"seed\":7}")
                .header("Accept-Encoding", "gzip, deflate")
                .header("authorization", "Bearer none")
                .header("accept", "application/json")
                .header("user-agent", "OpenAI/Python 3.22.1")
                .header("x-stainless-lang", "python")
                .header("x-stainless-package-version", "3.22.1")
                .header("x-stainless-os", "Linux")
                .header("x-stainless-arch", "x64")
                .header("x-stainless-runtime", "CPython")
                .header("x-stainless-runtime-version", "3.11.7")
                .header("x-stainless-async", "false")
                .header("x-stainless-retry-count", "0")
                .header("x-stainless-read-timeout", "600");
        var answer = json(server.send(request));
        assertThat(answer.get("created").isIntegralNumber()).isTrue();
        String image = answer.get("data").get(0).get("b64_json").stringValue();
        assertThat(Base64.getDecoder().decode(image)).isEqualTo(expected);
    }
}
