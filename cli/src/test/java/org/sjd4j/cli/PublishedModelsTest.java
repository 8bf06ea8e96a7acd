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
import org.sjd4j.checkpoint.Fixtures;

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
    void metricsHaveParityToo(String metric) {
        assertThat(Cli.run("models", "parity", Fixtures.folder().resolve(metric).toString())
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
                .refused("this model makes images of 24x24, 32x24");
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

    /** As 'git clone' without Git LFS leaves it: the file is there, and nothing of its content. */
    @Test
    void filesThatDidNotArriveAreNamedWithTheReason() throws IOException {
        String pointer =
                "version https://git-lfs.github.com/spec/v1\noid sha256:" + "7".repeat(64) + "\nsize 4986380064\n";
        Path model = copy("tiny-lumina-mgpt");
        Path vision = Files.createDirectory(directory.resolve("vision"));
        Files.writeString(vision.resolve("vqgan.ckpt"), pointer);
        String[] generate = {
            "generate", "fox", "--model=" + model, "--image-tokenizer=" + vision, "--out=" + directory.resolve("a.png")
        };
        Cli.run(generate).refused("vqgan.ckpt: found a Git LFS pointer in place of 4986380064 bytes", "git lfs pull");
        Path lonely = Files.createDirectory(directory.resolve("llamagen"));
        Files.writeString(lonely.resolve("t2i_XL_stage1_256.pt"), pointer);
        Cli.run("models", "inspect", lonely.toString()).refused("t2i_XL_stage1_256.pt: found a Git LFS pointer");
        Cli.run(
                        "models",
                        "convert",
                        lonely + "/t2i_XL_stage1_256.pt",
                        directory.resolve("x.safetensors").toString())
                .refused("t2i_XL_stage1_256.pt: found a Git LFS pointer");
        generate[3] = "--image-tokenizer=" + Fixtures.folder().resolve("tiny-chameleon-vqgan");
        Files.writeString(model.resolve("model-00001-of-00002.safetensors"), pointer);
        Cli.run(generate).refused("model-00001-of-00002.safetensors: found a Git LFS pointer");
        assertThat(directory.resolve("a.png")).doesNotExist();
    }

    @Test
    void modelsInTheCacheOfTheHubAreFoundByTheirFolder() throws IOException {
        Path hub = Files.createDirectory(directory.resolve("hub"));
        Path repository = hub.resolve("models--org--lumina");
        Path blobs = Files.createDirectories(repository.resolve("blobs"));
        Path snapshot = Files.createDirectories(repository.resolve("snapshots/0123abcd"));
        try (Stream<Path> files = Files.list(Fixtures.folder().resolve("tiny-lumina-mgpt"))) {
            for (Path file : files.toList()) {
                Path blob = blobs.resolve(Integer.toHexString(file.getFileName().hashCode()));
                Files.copy(file, blob);
                Files.createSymbolicLink(
                        snapshot.resolve(file.getFileName()), Path.of("../..").resolve(repository.relativize(blob)));
            }
        }
        String vision = "--image-tokenizer=" + Fixtures.folder().resolve("tiny-chameleon-vqgan");
        for (Path path : new Path[] {repository, snapshot}) {
            assertThat(Cli.run("models", "inspect", path.toString(), vision)
                            .succeeded()
                            .out())
                    .contains("complete");
        }
        Cli.run("generate", "fox", "--model=" + hub, "--out=" + directory.resolve("a.png"))
                .refused("a cache of models: org/lumina", repository.toString());
        Files.createDirectory(repository.resolve("snapshots/4567"));
        Cli.run("models", "inspect", repository.toString(), vision)
                .refused("several snapshots and no refs/main: 0123abcd, 4567");
        Files.createDirectory(repository.resolve("refs"));
        Files.writeString(repository.resolve("refs/main"), "0123abcd");
        assertThat(Cli.run("models", "inspect", repository.toString(), vision)
                        .succeeded()
                        .out())
                .contains("complete");
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
        Path beside = Fixtures.folder().resolve("pickles/beside-4.pt");
        assertThat(Cli.run("models", "convert", "--force", beside.toString(), to.toString())
                        .succeeded()
                        .out())
                .contains("2 tensors");
        Cli.run("models", "convert", "--force", "--key=optimizer", beside.toString(), to.toString())
                .refused("no tensors below 'optimizer'", "one of 'model' (2 tensors)");
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
