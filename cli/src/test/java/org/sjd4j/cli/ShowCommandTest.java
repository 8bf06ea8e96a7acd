package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.TinyCheckpoint;

class ShowCommandTest {
    @TempDir
    private static Path shared;

    private static String model = "";

    @TempDir
    private Path directory;

    @BeforeAll
    static void write() {
        model = TinyCheckpoint.write(shared.resolve("it's a model")).toString();
    }

    private Path generate(String prompt, String... options) {
        Path file = directory.resolve("p.png");
        var arguments = new ArrayList<>(List.of("generate", "--model=" + model, "--out=" + file, "--seed=5"));
        arguments.addAll(List.of(options));
        Cli.run(arguments, "--", prompt).succeeded();
        return file;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "red apple, noto style",
                "it's \"red\" $HOME `id` \\ !",
                "an emoji \uD83C\uDF4E red",
                "\u05EA\u05E4\u05D5\u05D7 \u05D0\u05D3\u05D5\u05DD red",
                "--seed",
                "@red"
            })
    void theCommandMakesTheSameImageAgain(String prompt) throws Exception {
        Path file = generate(prompt, "--negative-prompt=it's " + prompt, "--window=3", "--top-k=9");
        byte[] bytes = Files.readAllBytes(file);
        var recipe = PngFile.read(file);
        String shown = Cli.run("show", file.toString()).succeeded().out();
        assertThat(shown).contains(ShellCommand.text(recipe));

        var arguments = new ArrayList<>(ShellCommand.arguments(recipe));
        List<String> words = shellWords(ShellCommand.text(recipe));
        assertThat(words.getFirst()).isEqualTo("sjd");
        assertThat(words.subList(1, words.size())).isEqualTo(arguments);

        Files.delete(file);
        arguments.addAll(1, List.of("--out", file.toString()));
        Cli.run(arguments).succeeded();
        assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
    }

    /** The words that a real shell makes of a command. */
    private static List<String> shellWords(String command) throws Exception {
        String script = "for word in " + command + "; do printf '%s\\0' \"$word\"; done";
        var builder = new ProcessBuilder("/bin/sh", "-c", script);
        builder.environment().put("LC_ALL", "C.UTF-8");
        Process shell = builder.start();
        String words = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).isZero();
        return List.of(words.split("\0"));
    }

    @Test
    void everyValueIsShown() {
        Path file = generate("red apple", "--temperature=0.5");
        assertThat(Cli.run("show", file.toString()).out())
                .contains("red apple", "sjd-exact", "0.5", "guidance_scale", "initialisation", "seed");
        var json = Cli.run("show", file.toString(), "--json").succeeded().json();
        assertThat(json.get("prompt").stringValue()).isEqualTo("red apple");
        assertThat(json.get("file").stringValue()).isEqualTo(file.toString());
        assertThat(json.get("temperature").stringValue()).isEqualTo("0.5");
        assertThat(json.get("command").stringValue()).startsWith("sjd generate --model=");
    }
}
