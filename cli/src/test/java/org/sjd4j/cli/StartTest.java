package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.api.TinyCheckpoint;

/** Runs the program in a JVM of its own. */
class StartTest {
    /** As on a machine that LibTorch was not built for. */
    private static final List<String> WITHOUT_LIBTORCH = List.of("-Dorg.bytedeco.javacpp.platform=none");

    private record Result(int code, String output) {}

    private static Result java(List<String> options, String... arguments) throws IOException, InterruptedException {
        Process process = Cli.process(options, List.of(arguments)).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "generate --help",
                "show --help",
                "generate red --decoder nonsense",
                "generate red --device tpu",
                "generate red --model nonsense",
                "models",
                "show missing.png"
            })
    void helpAndArgumentErrorsDoNotNeedLibTorch(String line) throws IOException, InterruptedException {
        Result result = java(WITHOUT_LIBTORCH, line.split(" "));
        assertThat(result.code()).isIn(0, 2);
        assertThat(result.output()).doesNotContain("LibTorch cannot").doesNotContain("Exception");
    }

    /** The libraries are loaded while the arguments are read; a failure there is told like any other. */
    @Test
    void aMissingNativeLibraryIsSaidOnce(@TempDir Path directory) throws IOException, InterruptedException {
        Path model = TinyCheckpoint.write(directory.resolve("tiny"));
        Result result = java(WITHOUT_LIBTORCH, "generate", "red", "--model", model.toString());
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.output().lines()).hasSize(1).first().asString().startsWith("sjd: ");
    }

    @Test
    void whatAModelCannotDoIsRefusedWithoutLibTorch(@TempDir Path directory) throws IOException, InterruptedException {
        Path model = TinyCheckpoint.write(directory.resolve("tiny"));
        Result result = java(WITHOUT_LIBTORCH, "generate", "red", "--model", model.toString(), "--size", "512x512");
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.output()).contains("16x16 only");
    }

    /** The first class of the binding that is touched decides which library is loaded. */
    @Test
    void imageAndTrainingRunOnTheFastMatrixLibrary(@TempDir Path directory) throws IOException, InterruptedException {
        Path model = TinyCheckpoint.write(directory.resolve("tiny"));
        String prompts =
                Files.writeString(directory.resolve("prompts.txt"), "red apple").toString();
        for (String line : List.of(
                "evaluate --decoders=ar --prompts=" + prompts + " --model=" + model + " --out="
                        + directory.resolve("out"),
                "doctor")) {
            Result result = java(List.of(), line.split(" "));
            assertThat(result.code()).as(result.output()).isZero();
            assertThat(result.output()).containsIgnoringCase("blas").contains("mkl_rt");
        }
    }

    /** As under a number that /etc/passwd does not know. */
    @Test
    void withoutAHomeNothingIsLeftInTheWorkingDirectory(@TempDir Path directory)
            throws IOException, InterruptedException {
        Path model = TinyCheckpoint.write(directory.resolve("tiny"));
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        Path work = Files.createDirectory(directory.resolve("work"));
        var options = List.of(
                "-Duser.home=?",
                "-Djava.io.tmpdir=" + temporary,
                "-Djava.awt.headless=true",
                "-Dorg.bytedeco.javacpp.cachedir=" + Loader.getCacheDir());
        var arguments = List.of("compare", "red apple", "--model=" + model, "--decoders=sjd", "--report=a.html");
        var process = Cli.process(options, arguments).directory(work.toFile());
        process.environment().keySet().removeAll(List.of("SJD4J_CACHE", "XDG_CACHE_HOME", "SJD4J_MODELS"));
        var running = process.start();
        String output = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(running.waitFor()).as(output).isZero();
        assertThat(work.toFile().list()).containsExactly("a.html");
        assertThat(temporary.toFile().list()).isNotEmpty().allMatch(name -> name.startsWith("sjd4j-"));
    }

    @Test
    void theExitCodeReachesTheShell() throws IOException, InterruptedException {
        assertThat(java(List.of(), "--version")).isEqualTo(new Result(0, "sjd4j (built from sources)\n"));
        assertThat(java(List.of(), "generate", "").code()).isEqualTo(2);
    }
}
