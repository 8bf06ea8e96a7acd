package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.tensor.Fixtures;

/** Published models on the command line: what they say, and one line for what is wrong. */
class PublishedModelsTest {
    @TempDir
    Path directory;

    private Path copy(String name) throws IOException {
        Path target = Files.createDirectories(directory.resolve(name));
        try (Stream<Path> files = Files.list(Fixtures.folder().resolve(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, target.resolve(file.getFileName()));
            }
        }
        return target;
    }

    private static Cli.Result inspect(Path model) {
        return Cli.run("models", "inspect", model.toString());
    }

    @Test
    void inspectSaysWhatIsThere() {
        var result = inspect(Fixtures.folder().resolve("tiny-lumina-mgpt")).succeeded();
        assertThat(result.out())
                .contains("chameleon", "0.6 M", "BF16", "160x160", "111", "Research License", "complete");
    }

    @Test
    void inspectSaysWhatIsMissing() throws IOException {
        Path lonely = copy("tiny-emu3-gen");
        var result = inspect(lonely);
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.out()).contains("PROBLEM", "no Emu3-VisionTokenizer in it or beside it", "--image-tokenizer");
        var given = Cli.run(
                "models",
                "inspect",
                lonely.toString(),
                "--image-tokenizer=" + Fixtures.folder().resolve("tiny-emu3-visiontokenizer"));
        assertThat(given.succeeded().out()).contains("complete");
    }

    @Test
    void parityPassesAndFails() throws IOException {
        Path model = copy("tiny-chameleon-34b-style");
        assertThat(Cli.run("models", "parity", model.toString()).succeeded().out())
                .contains("forward.logits_unmasked", "4 of 4 checks passed");
        Path weights = model.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 3] ^= 0x40; // a last norm weight
        Files.write(weights, bytes);
        var result = Cli.run("models", "parity", model.toString(), "--json");
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.out()).contains("\"passed\":false");
        assertThat(Cli.run(
                                "models",
                                "parity",
                                Fixtures.folder()
                                        .resolve("tiny-chameleon-vqgan-ckpt")
                                        .toString())
                        .succeeded()
                        .out())
                .as("what no check reads is named with the reason")
                .containsPattern("(?m)^- +encode\\.margin: \\S+");
        Cli.run("models", "parity", directory.toString()).refused("golden.safetensors");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-clip", "tiny-inception-fid"})
    void judgesHaveParityToo(String judge) {
        assertThat(Cli.run("models", "parity", Fixtures.folder().resolve(judge).toString())
                        .succeeded()
                        .out())
                .containsPattern("(\\d{3}) of \\1 checks passed");
    }

    @Test
    void pixelsOfASizeThatTheModelHasNot() {
        Cli.run(
                        "generate",
                        "a fox",
                        "--model=" + Fixtures.folder().resolve("tiny-emu3-gen"),
                        "--size=48x48",
                        "--out=" + directory.resolve("p.png"))
                .refused("this model makes pictures of 24x24, 32x24");
    }

    @Test
    void shardsThatAreMissingOrCutOff() throws IOException {
        Path model = copy("tiny-lumina-mgpt");
        Path shard = model.resolve("model-00002-of-00002.safetensors");
        byte[] bytes = Files.readAllBytes(shard);
        Files.write(shard, Arrays.copyOf(bytes, bytes.length - 10));
        assertThat(inspect(model).out()).contains("PROBLEM", "model-00002-of-00002.safetensors");
        Files.delete(shard);
        assertThat(inspect(model).out()).contains("PROBLEM", "model-00002-of-00002.safetensors");
    }

    @Test
    void convertReadsPicklesAndRunsNothing() throws IOException {
        Path from = Fixtures.folder().resolve("tiny-llamagen-t2i/t2i_tiny.pt");
        Path to = directory.resolve("t2i.safetensors");
        assertThat(Cli.run("models", "convert", from.toString(), to.toString())
                        .succeeded()
                        .out())
                .contains("20 tensors");
        Cli.run("models", "convert", from.toString(), to.toString()).refused("is there already");
        Cli.run("models", "convert", from.toString(), "x.bin").refused("no .safetensors file");
        Path evil = Files.write(
                directory.resolve("evil.pt"), "\u0080\u0002cposix\nsystem\n.".getBytes(StandardCharsets.ISO_8859_1));
        Cli.run(
                        "models",
                        "convert",
                        evil.toString(),
                        directory.resolve("evil.safetensors").toString())
                .refused("evil.pt");
        assertThat(directory.resolve("evil.safetensors")).doesNotExist();
    }
}
