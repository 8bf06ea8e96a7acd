package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sjd4j.Documents;
import org.sjd4j.io.TextFile;
import org.sjd4j.options.Console;
import picocli.CommandLine.ParseResult;
import tools.jackson.databind.json.JsonMapper;

/** The folder {@code deploy} starts the server with options that it has, and both ways to an image lead to the same one. */
class DeployTest {
    private static final Path ROOT = Documents.root();
    private static final Path DEPLOY = ROOT.resolve("deploy");
    private static final String DOCKERFILE = "Dockerfile";
    private static final String JIB = "pom.xml";
    private static final Pattern VARIABLE = Pattern.compile("\\$\\((\\w+)\\)");

    /** The lists of JSON that begin with the name of a command, which YAML and Dockerfiles have, too. */
    private static final Pattern LIST = Pattern.compile("\\[\\s*\"serve\"[^\\]]*\\]");

    /**
     * How a file starts the server.
     *
     * @param seconds that what runs the container leaves it after the signal to stop; 0 if the file does not say it
     */
    private record Start(String file, List<String> arguments, int seconds) {}

    @TestFactory
    Stream<DynamicTest> theServerHasTheOptionsThatItIsStartedWith() throws IOException {
        var starts = starts();
        assertThat(starts.stream().map(Start::file))
                .contains(
                        DOCKERFILE,
                        JIB,
                        "compose.yaml",
                        "kubernetes/base/server.yaml",
                        "kubernetes/replicas/servers.yaml");
        return starts.stream().map(start -> DynamicTest.dynamicTest(start.file, () -> check(start)));
    }

    private static void check(Start start) {
        var arguments = start.arguments.toArray(String[]::new);
        var console = new Console(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()), false);
        ParseResult serve =
                Sjd.commandLine(console, arguments).parseArgs(arguments).subcommand();
        assertThat(serve.matchedOptionValue("--host", "")).isEqualTo("0.0.0.0");
        assertThat(serve.hasMatchedOption("--api-key-file")).isTrue();
        assertThat(serve.matchedOptionValue("--directory", Path.of(""))).startsWithRaw(Path.of("/data"));
        if (start.seconds > 0) {
            assertThat(start.seconds)
                    .as("seconds to stop, against --grace")
                    .isGreaterThan(serve.matchedOptionValue("--grace", 0));
        }
    }

    private static List<Start> starts() throws IOException {
        var values = new TreeMap<String, String>();
        Pattern.compile("(?m)^  (\\w+): \"(.*)\"$")
                .matcher(read("kubernetes/base/config.yaml"))
                .results()
                .forEach(value -> values.put(value.group(1), value.group(2)));
        try (var files = Files.walk(DEPLOY)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> DEPLOY.relativize(file).toString())
                    .filter(file -> !file.startsWith("target"))
                    .filter(file -> file.endsWith(".yaml") || file.equals(DOCKERFILE) || file.equals(JIB))
                    .sorted()
                    .flatMap(file -> starts(file, values))
                    .toList();
        }
    }

    private static Stream<Start> starts(String file, Map<String, String> values) {
        String text = read(file);
        var seconds = Pattern.compile("(?:stop_grace_period|terminationGracePeriodSeconds): (\\d+)")
                .matcher(text);
        int left = seconds.find() ? Integer.parseInt(seconds.group(1)) : 0;
        var lists = file.equals(JIB)
                ? Stream.of(elements(text, "args"))
                : LIST.matcher(text).results().map(list -> json(list.group()));
        return lists.map(list -> new Start(
                file,
                list.stream()
                        .map(argument -> VARIABLE.matcher(argument).replaceAll(name -> value(values, name)))
                        .toList(),
                left));
    }

    private static String value(Map<String, String> values, MatchResult name) {
        return Objects.requireNonNull(values.get(name.group(1)), name.group(1));
    }

    @Test
    void jibAndTheDockerfileMakeTheSameImage() {
        String docker = read(DOCKERFILE);
        String jib = read(JIB);
        docker = docker.substring(docker.lastIndexOf("\nFROM "));
        assertThat(json(after("ENTRYPOINT ", docker))).isEqualTo(elements(jib, "entrypoint"));
        assertThat(json(after("CMD ", docker.replaceAll("HEALTHCHECK.*", "")))).isEqualTo(elements(jib, "args"));
        assertThat(after("USER ", docker)).isEqualTo(element(jib, "user"));
        assertThat(after("WORKDIR ", docker)).isEqualTo(element(jib, "workingDirectory"));

        var ofDocker = new TreeMap<String, String>();
        String variables = docker.substring(docker.indexOf("\nENV ") + "\nENV ".length(), docker.indexOf("\nUSER "));
        Arrays.stream(variables.replace("\\\n", " ").strip().split("\\s+"))
                .map(variable -> variable.split("=", 2))
                .forEach(variable -> ofDocker.put(variable[0], variable[1]));
        var ofJib = new TreeMap<String, String>();
        Pattern.compile("<(\\w+)>(.*)</\\1>")
                .matcher(element(jib, "environment"))
                .results()
                .forEach(variable -> ofJib.put(
                        variable.group(1),
                        variable.group(2)
                                .replace("${native.classifier}", "linux-x86_64")
                                .replace("${flavour}", "${FLAVOUR}")));
        assertThat(ofDocker).isNotEmpty().isEqualTo(ofJib);

        var layers = Pattern.compile("target/image/(\\w+)/")
                .matcher(docker)
                .results()
                .map(layer -> layer.group(1))
                .toList();
        var paths = Pattern.compile("<from>\\$\\{image.tree}/(\\w+)</from>")
                .matcher(jib)
                .results()
                .map(layer -> layer.group(1))
                .toList();
        assertThat(layers).isNotEmpty().isEqualTo(paths);
    }

    @Test
    void theImageStartsJavaAsTheLauncherDoes() {
        String launcher = read(ROOT.resolve("sjd"));
        String run = launcher.substring(launcher.indexOf("\nrun_java() {"));
        var flags = Pattern.compile("(?<=\\s)-[-\\w]\\S+")
                .matcher(run.substring(0, run.indexOf("\"$@\"")))
                .results()
                .map(MatchResult::group)
                .toList();
        assertThat(flags).hasSizeGreaterThan(4);
        assertThat(read("image/java-options").lines()).containsAll(flags).contains("-XX:+ExitOnOutOfMemoryError");
        assertThat(launcher).contains("-XX:+ExitOnOutOfMemoryError");
        for (String file : List.of(DOCKERFILE, JIB)) {
            assertThat(read(file)).contains("glibc.malloc.hugetlb=1");
        }
        assertThat(launcher).contains("glibc.malloc.hugetlb=1");
    }

    @Test
    void whatIsRunCanBeExecuted() {
        assumeTrue(DEPLOY.getFileSystem().supportedFileAttributeViews().contains("posix"));
        assertThat(List.of("image/healthcheck", "try-container", "make-secrets"))
                .allMatch(file -> Files.isExecutable(DEPLOY.resolve(file)));
    }

    private static List<String> json(String list) {
        return List.of(new JsonMapper().readValue(list, String[].class));
    }

    private static List<String> elements(String xml, String name) {
        return Pattern.compile("<arg>(.*)</arg>")
                .matcher(element(xml, name))
                .results()
                .map(argument -> argument.group(1))
                .toList();
    }

    private static String element(String xml, String name) {
        var found = Pattern.compile("(?s)<%s>(.*?)</%s>".formatted(name, name)).matcher(xml);
        assertThat(found.find()).as(name).isTrue();
        return found.group(1);
    }

    private static String after(String instruction, String docker) {
        var found = Pattern.compile("(?m)^%s(.*)$".formatted(instruction)).matcher(docker);
        assertThat(found.find()).as(instruction).isTrue();
        return found.group(1);
    }

    private static String read(String file) {
        return read(DEPLOY.resolve(file));
    }

    private static String read(Path file) {
        try {
            return TextFile.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
