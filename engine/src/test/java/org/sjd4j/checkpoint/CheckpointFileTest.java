package org.sjd4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.llama.DenoisingFiles;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.text.HuggingFaceText;
import org.sjd4j.text.SentencePieceText;
import org.sjd4j.text.TiktokenText;
import org.sjd4j.text.WordTokenizer;

/** What lies in place of a file that was not downloaded is named, whatever kind of file it should be. */
class CheckpointFileTest {
    private static final String HASH = "0123456789abcdef".repeat(4);

    @TempDir
    private Path directory;

    /** What may lie there, the word that names it, and what to do about it. */
    private static Stream<Arguments> flaws() {
        return Stream.of(
                flaw(
                        "version https://git-lfs.github.com/spec/v1\noid sha256:" + HASH + "\nsize 4986380064\n",
                        "a Git LFS pointer in place of 4986380064 bytes",
                        "git lfs pull"),
                flaw(
                        "version https://git-lfs.github.com/spec/v1\r\noid sha256:" + HASH + "\r\nsize 7\r\n",
                        "a Git LFS pointer in place of 7 bytes",
                        "git lfs pull"),
                flaw(
                        "version https://git-lfs.github.com/spec/v1\next-0-x sha256:" + HASH + "\noid sha256:" + HASH
                                + "\nsize 12",
                        "a Git LFS pointer in place of 12 bytes",
                        "git lfs pull"),
                flaw("version https://git-lfs.github.com/spec/v2\n", "a Git LFS pointer", "git lfs pull"),
                flaw("version https://hawser.github.com/spec/v1\noid 1\nsize 5\n", "a Git LFS pointer", "git lfs pull"),
                flaw("/annex/objects/SHA256E-s12--" + HASH + ".bin\n", "a git-annex pointer", "git annex get"),
                flaw("# xet version 0\nfilesize = 5\nhash = '" + HASH + "'\n", "a Xet pointer", "git-xet"),
                flaw("<!DOCTYPE html>\n<html><body>Sign in</body></html>", "a web page", "download it again"),
                flaw("\ufeff\n  <html lang=\"en\">", "a web page", "download it again"),
                flaw("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "a web page", "download it"),
                flaw("", "an empty file", "download it again"));
    }

    private static Arguments flaw(String content, String found, String advice) {
        return arguments(content, found, advice);
    }

    /** Everything that reads a file of a checkpoint, by the file's name. */
    private Map<String, Consumer<Path>> readers() {
        var readers = new LinkedHashMap<String, Consumer<Path>>();
        readers.put("model.safetensors", CheckpointFileTest::open);
        readers.put("shard.safetensors", path -> SafetensorsFile.open(path).close());
        for (String ending : List.of("bin", "pt", "pth", "ckpt")) {
            readers.put("weights." + ending, CheckpointFileTest::open);
        }
        readers.put(
                "model.safetensors.index.json",
                path -> Checkpoint.open(directory).close());
        readers.put(
                "pytorch_model.bin.index.json",
                path -> Checkpoint.open(directory).close());
        readers.put("config.json", JsonConfig::read);
        readers.put("tokenizer.json", path -> HuggingFaceText.read(path).close());
        readers.put("words.json", WordTokenizer::read);
        readers.put("spiece.model", path -> SentencePieceText.read(path).close());
        readers.put("emu3.tiktoken", path -> TiktokenText.read(path, path).close());
        readers.put("denoising_config.json", path -> {
            touch("denoising.safetensors");
            DenoisingFiles.of(directory);
        });
        return readers;
    }

    private static void open(Path path) {
        Checkpoint.open(path).close();
    }

    private void touch(String name) {
        try {
            Files.write(directory.resolve(name), new byte[] {1});
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void refused(Path path, Consumer<Path> reader, String... parts) {
        assertThatExceptionOfType(CheckpointException.class)
                .as(path.toString())
                .isThrownBy(() -> reader.accept(path))
                .satisfies(e -> assertThat(e.getMessage())
                        .startsWith(path + ": found ")
                        .contains(parts)
                        .doesNotContain("\n"));
    }

    @ParameterizedTest
    @MethodSource("flaws")
    void whatLiesInPlaceOfAFileIsNamed(String content, String found, String advice) throws IOException {
        for (var reader : readers().entrySet()) {
            Path path = Files.writeString(directory.resolve(reader.getKey()), content);
            refused(path, reader.getValue(), found, advice);
            Files.delete(path);
        }
    }

    @Test
    void linksThatLeadNowhereAreNamedWithTheirTarget() throws IOException {
        for (var reader : readers().entrySet()) {
            Path path = directory.resolve(reader.getKey());
            Files.createSymbolicLink(path, Path.of("../../blobs/" + HASH));
            refused(path, reader.getValue(), "a link to ../../blobs/" + HASH + ", which is not there", "finish");
            Files.delete(path);
            Files.createSymbolicLink(path, Path.of("../.git/annex/objects/xx/yy/SHA256E-s1--" + HASH));
            refused(path, reader.getValue(), "which is not there", "git annex get");
            Files.delete(path);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Entry not found", "{\"error\":\"Invalid username or password.\"}", "Zugriff verweigert: ö\n"})
    void aTextIsNoFileOfTensors(String text) throws IOException {
        for (String name : List.of("model.safetensors", "weights.pt", "spiece.model")) {
            Path path = Files.writeString(directory.resolve(name), text);
            Consumer<Path> reader = name.endsWith(".model")
                    ? file -> SentencePieceText.read(file).close()
                    : CheckpointFileTest::open;
            refused(path, reader, "a text, '" + text.strip().substring(0, 14));
        }
    }

    @Test
    void aLongTextIsQuotedInPart() throws IOException {
        Path path = Files.writeString(directory.resolve("model.safetensors"), "words and words ".repeat(1000));
        refused(path, CheckpointFileTest::open, "'words and words words and words words and words words and wo...'");
    }

    @Test
    void zerosAreNoFileOfTensors() throws IOException {
        Path path = Files.write(directory.resolve("model.safetensors"), new byte[5000]);
        refused(path, CheckpointFileTest::open, "nothing but zeros", "finish its download");
    }

    @Test
    void filesThatAreNotThereAreNamedWithTheDownloadThatWasNotFinished() throws IOException {
        Path path = directory.resolve("weights.pt");
        refused(path, CheckpointFileTest::open, "no such file", "check the path");
        Path downloads = Files.createDirectories(directory.resolve(".cache/huggingface/download"));
        Files.write(downloads.resolve("x=.ab12.incomplete"), new byte[3]);
        refused(path, CheckpointFileTest::open, "unfinished download 'x=.ab12.incomplete'", "finish the download");
        Files.createDirectory(path);
        refused(path, p -> SafetensorsFile.open(p).close(), "a directory");
    }

    /** However much is missing at the end of a file, the file and the fact are named. */
    @Test
    void filesThatAreCutOffAreRefused() throws IOException {
        var bytes = SafetensorsBytes.file("{" + SafetensorsBytes.entry("a", "F32", "[8]", 0, 32) + "}", 32);
        bytes[bytes.length - 1] = 1;
        Path path = directory.resolve("model.safetensors");
        for (int length = 1; length < bytes.length; length++) {
            Files.write(path, Arrays.copyOf(bytes, length));
            refused(path, CheckpointFileTest::open, "expected");
        }
        Files.write(path, bytes);
        assertThatCode(() -> Checkpoint.open(path).close()).doesNotThrowAnyException();
    }

    /** Small files of tensors without any text in front are not mistaken for something else. */
    @Test
    void ownContentPasses() throws IOException {
        Path json = Files.writeString(directory.resolve("a.json"), "{}");
        CheckpointFile.requireText(json, "a configuration");
        Path pointed = Files.writeString(
                directory.resolve("b.json"), "{\"version\": \"version https://git-lfs.github.com/spec/v1\"}");
        CheckpointFile.requireText(pointed, "a configuration");
        Path binary = Files.write(directory.resolve("c.bin"), new byte[] {(byte) 0x80, 2, 'x'});
        CheckpointFile.requireBinary(binary, "a file");
        Path link = Files.createSymbolicLink(directory.resolve("d.bin"), binary);
        CheckpointFile.requireBinary(link, "a file");
        assertThat(CheckpointFile.isThere(link)).isTrue();
        assertThat(CheckpointFile.isThere(directory.resolve("none"))).isFalse();
    }
}
