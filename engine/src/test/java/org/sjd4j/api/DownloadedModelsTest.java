package org.sjd4j.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.family.ImageSize;
import org.sjd4j.tensor.CheckpointException;

/** Models as downloads leave them: in the cache of the Hugging Face hub, and with parts that did not arrive. */
class DownloadedModelsTest {
    private static final String REVISION = "9624463a82ea5ce814af9b561dcd08a31082c3af";
    private static final String POINTER =
            "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0".repeat(64) + "\nsize 4986380064\n";

    @TempDir
    private Path hub;

    /** Moves a directory into the cache, file by file into blobs, and gives the repository's folder. */
    private Path intoCache(Path directory, String name) throws IOException {
        Path repository = hub.resolve("models--org--" + name);
        Path snapshot = repository.resolve("snapshots").resolve(REVISION);
        Files.createDirectories(repository.resolve("blobs"));
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path link = snapshot.resolve(directory.relativize(file));
                Path blob = Files.createTempFile(repository.resolve("blobs"), "", "");
                Files.delete(blob);
                Files.copy(file, blob);
                Path place = Files.createDirectories(link.resolve("..").normalize());
                Files.createSymbolicLink(link, place.relativize(blob));
            }
        }
        return repository;
    }

    private Path copy(String fixture, String name) throws IOException {
        Path target = Files.createDirectories(hub.resolve(name));
        try (Stream<Path> files = Files.list(Fixtures.folder().resolve(fixture))) {
            for (Path file : files.toList()) {
                Files.copy(file, target.resolve(file.getFileName()));
            }
        }
        return target;
    }

    private static void refused(Path model, @Nullable Path imageTokenizer, String... parts) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> {
                    var description = Families.describe(model, imageTokenizer);
                    throw new CheckpointException(String.join("; ", description.problems()), "", "", "");
                })
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    @ParameterizedTest
    @EnumSource
    void modelsAreUsedWhereTheyLieInTheCache(TinyPublished family, @TempDir Path outside) throws IOException {
        Path repository = intoCache(family.write(outside.resolve("model")), "tiny");
        Path snapshot = repository.resolve("snapshots").resolve(REVISION);
        for (Path path : List.of(repository, repository.resolve("snapshots"), snapshot)) {
            var description = Families.describe(path);
            assertThat(description.problems()).isEmpty();
            assertThat(description.directory()).isEqualTo(snapshot);
        }
    }

    @Test
    void partsAreFoundInOtherRepositoriesOfTheCache(@TempDir Path outside) throws IOException {
        Path emu3 = intoCache(Fixtures.folder().resolve("tiny-emu3-gen"), "emu3");
        Path vision = intoCache(Fixtures.folder().resolve("tiny-emu3-visiontokenizer"), "emu3-vision");
        assertThat(Families.describe(emu3).problems()).isEmpty();
        assertThat(Families.describe(Fixtures.folder().resolve("tiny-emu3-gen"), vision)
                        .problems())
                .isEmpty();
        Path llamaGen = intoCache(TinyPublished.LLAMAGEN.write(outside.resolve("llamagen")), "llamagen");
        Path snapshot = llamaGen.resolve("snapshots").resolve(REVISION);
        try (Stream<Path> files = Files.list(snapshot.resolve("t5"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        refused(llamaGen, null, "no T5 encoder (flan-t5-xl) in it or beside it");
        intoCache(Fixtures.folder().resolve("tiny-t5-encoder"), "flan-t5");
        assertThat(Families.describe(llamaGen).problems()).isEmpty();
    }

    /** A published model is called after the size of its images; its snapshot is called after a commit. */
    @Test
    void theSizeOfImagesIsInTheNameOfTheRepository() throws IOException {
        Path fixture = Fixtures.folder().resolve("tiny-lumina-mgpt");
        assertThat(Families.describe(intoCache(fixture, "Lumina-mGPT-7B-768")).sizes())
                .first()
                .isEqualTo(new ImageSize(768, 768));
        var plain = Families.describe(fixture).sizes();
        Path digits = copy("tiny-lumina-mgpt", "1daa512a409002d40931bd7b36a9280362469ead");
        assertThat(Families.describe(digits).sizes()).isEqualTo(plain);
    }

    @ParameterizedTest
    @CsvSource({
        "vqgan.ckpt, a Git LFS pointer in place of 4986380064 bytes",
        "vqgan.safetensors, a Git LFS pointer in place of 4986380064 bytes"
    })
    void anImageTokenizerThatDidNotArriveIsNamed(String name, String found) throws IOException {
        Path model = copy("tiny-lumina-mgpt", "model");
        Path vision = Files.createDirectories(hub.resolve("vision"));
        Path file = Files.writeString(vision.resolve(name), POINTER);
        refused(model, vision, file + ": found " + found, "git lfs pull");
        refused(model, null, "no VQGAN (vqgan.ckpt) in it or beside it (" + file + ": found " + found + ")");
        Files.move(vision, model.resolve("image_tokenizer"));
        refused(model, null, model.resolve("image_tokenizer").resolve(name) + ": found " + found, "git lfs pull");
    }

    @Test
    void anImageTokenizerThatIsCutOffIsNamed() throws IOException {
        Path model = copy("tiny-lumina-mgpt", "model");
        Path vision = copy("tiny-chameleon-vqgan", "vision");
        Path file = vision.resolve("vqgan.safetensors");
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {7, 500, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            refused(model, vision, file + ": found ", "cut off");
            refused(model, null, "(" + file + ": found ");
        }
    }

    /** Whatever is cut off anywhere, the file is named, and no tokens take the ids of others. */
    @ParameterizedTest
    @CsvSource({
        "EMU3, emu3.tiktoken, emu3.tiktoken",
        "EMU3, emu3_vision_tokens.txt, emu3.tiktoken",
        "LUMINA, tokenizer.json, tokenizer.json",
        "LUMINA, model.safetensors.index.json, model.safetensors.index.json",
        "LUMINA, model-00001-of-00002.safetensors, model-00001-of-00002.safetensors",
        "LLAMAGEN, t5/spiece.model, spiece.model",
        "LLAMAGEN, t5/model.safetensors, model.safetensors"
    })
    void filesThatAreCutOffAreNamed(TinyPublished family, String name, String named) throws IOException {
        Path model = family.write(hub.resolve("model"));
        Path file = model.resolve(name);
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {whole.length / 4, whole.length / 2, whole.length - 3}) {
            Files.write(file, Arrays.copyOf(whole, length));
            refused(model, null, named + ": found ");
        }
        Files.write(file, whole);
        assertThat(Families.describe(model).problems()).isEmpty();
    }

    @Test
    void anImageTokenizerOfAnotherModelIsNamed() throws IOException {
        Path model = copy("tiny-lumina-mgpt", "model");
        Path vision = copy("tiny-chameleon-vqgan-ckpt", "vision");
        refused(model, vision, "vqgan.ckpt: found an image tokenizer with 64 codes", "one with 8192");
        refused(model, hub.resolve("none"), "no VQGAN");
    }

    /** A neighbour that is broken is of no concern where another one fits. */
    @Test
    void aBrokenNeighbourIsPassedOver() throws IOException {
        Path model = copy("tiny-lumina-mgpt", "model");
        Files.writeString(Files.createDirectories(hub.resolve("a")).resolve("vqgan.ckpt"), POINTER);
        copy("tiny-chameleon-vqgan", "b");
        copy("tiny-chameleon-vqgan-ckpt", "c");
        assertThat(Families.describe(model).problems()).isEmpty();
    }

    @Test
    void aModelThatDidNotArriveIsNamed() throws IOException {
        Path directory = Files.createDirectories(hub.resolve("llamagen"));
        Path file = Files.writeString(directory.resolve("t2i_XL_stage1_256.pt"), POINTER);
        refused(directory, null, file + ": found a Git LFS pointer", "git lfs pull");
        Files.writeString(directory.resolve("config.json"), "{\"cls_token_num\": 6}");
        refused(directory, null, file + ": found a Git LFS pointer");
        Files.writeString(directory.resolve("config.json"), POINTER);
        refused(directory, null, "config.json: found a Git LFS pointer");
        Files.delete(directory.resolve("config.json"));
        Files.delete(file);
        refused(directory, null, directory + ": found no config.json; expected the directory of a model");
        refused(hub.resolve("none"), null, "none: found no such directory; expected the directory of a model");
    }

    static Stream<Arguments> parts() {
        return Stream.of(TinyPublished.values())
                .flatMap(family -> family.parts().stream().map(part -> Arguments.of(family, part)));
    }

    @ParameterizedTest
    @MethodSource("parts")
    void everyPartThatDidNotArriveIsNamed(TinyPublished family, String name) throws IOException {
        Path model = family.write(hub.resolve("model"));
        Path file = model.resolve(name);
        Files.writeString(file, POINTER);
        refused(model, null, file + ": found a Git LFS pointer in place of 4986380064 bytes", "git lfs pull");
        Files.delete(file);
        Files.createSymbolicLink(file, Path.of("../../blobs/0123"));
        refused(model, null, file + ": found a link to ../../blobs/0123, which is not there");
    }
}
