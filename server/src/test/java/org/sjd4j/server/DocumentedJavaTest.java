package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sjd4j.Documents;
import org.sjd4j.api.PngFile;

/**
 * Every block of Java in the documents is compiled and run in a process of its own, as it stands there but for the port. A block without
 * a {@code main} is the body of one; what it calls {@code base64} is an image. Those of {@code docs/integrations.md} need frameworks; the modules of
 * the integrations test them.
 */
class DocumentedJavaTest {
    private static TestServer server;
    private static String expected;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start().awaitReady();
        expected = TestServer.image(server.generate("{\"prompt\":\"a red car\",\"seed\":7}"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void thereIsJavaInTheDocuments() {
        assertThat(Documents.blocks("java"))
                .extracting(Documents.Code::place)
                .anyMatch(place -> place.startsWith("docs/library.md"));
    }

    @TestFactory
    List<DynamicTest> everyBlockOfJavaRuns() {
        return Documents.blocks("java").stream()
                .filter(code -> !code.place().startsWith("docs/integrations.md"))
                .map(code -> DynamicTest.dynamicTest(code.place(), () -> runs(code.text())))
                .toList();
    }

    private static void runs(String code) throws Exception {
        Path directory = TestServer.temporary();
        boolean whole = code.contains("void main(");
        String output = run(directory, whole ? code : inMain(code));
        if (code.contains("implements ImageModel")) {
            twoDecodersAgree(output);
            return;
        }
        if (whole) {
            try (var files = Files.list(directory)) {
                var written =
                        files.filter(file -> file.toString().endsWith(".png")).toList();
                assertThat(written).as(output).isNotEmpty();
            }
            assertThat(output).contains("256 of 256 tokens after ");
            return;
        }
        String image = output.strip().lines().reduce("", (_, last) -> last);
        Path file =
                Files.write(directory.resolve("image.png"), Base64.getDecoder().decode(image));
        assertThat(PngFile.read(file).request().prompt()).isEqualTo("a red car");
        if (code.contains("seed")) {
            assertThat(image).isEqualTo(expected);
        }
    }

    /** Lines such as {@code ar 64 passes: [0, 2, ...]}. */
    private static void twoDecodersAgree(String output) {
        var lines = output.lines().map(line -> line.split(" passes: ", -1)).toList();
        assertThat(lines).as(output).hasSize(2);
        assertThat(lines.getLast()[1]).isEqualTo(lines.getFirst()[1]);
        assertThat(passes(lines.getLast()[0])).as(output).isLessThan(passes(lines.getFirst()[0]) / 2);
    }

    private static int passes(String decoderAndPasses) {
        return Integer.parseInt(decoderAndPasses.substring(decoderAndPasses.indexOf(' ') + 1));
    }

    private static String inMain(String code) {
        var parts = code.lines().collect(Collectors.partitioningBy(line -> line.startsWith("import ")));
        return "%s\nvoid main() throws Exception {\n%s\nIO.println(base64);\nSystem.exit(0);\n}\n"
                .formatted(String.join("\n", parts.get(true)), String.join("\n", parts.get(false)))
                .replace("localhost:8080", "localhost:" + server.port());
    }

    private static String run(Path directory, String code) throws IOException, InterruptedException {
        Files.writeString(directory.resolve("Example.java"), code);
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        "Example.java")
                .directory(directory.toFile())
                .redirectError(directory.resolve("errors").toFile())
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        assertThat(exit)
                .as(output + Files.readString(directory.resolve("errors")))
                .isZero();
        return output;
    }
}
