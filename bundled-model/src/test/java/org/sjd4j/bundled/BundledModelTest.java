package org.sjd4j.bundled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundledModelTest {
    private static final List<String> FILES = List.of(
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "model.safetensors",
            "denoising_config.json",
            "denoising.safetensors",
            "image_tokenizer/config.json",
            "image_tokenizer/model.safetensors",
            "scorer/config.json",
            "scorer/tokenizer.json",
            "scorer/model.safetensors",
            "scorer/reference.safetensors",
            "README.md");

    @TempDir
    private Path directory;

    private Path jar(String name, String content) throws IOException {
        Path jar = directory.resolve(name);
        try (var output = new JarOutputStream(Files.newOutputStream(jar))) {
            for (String file : FILES) {
                output.putNextEntry(new JarEntry("org/sjd4j/bundled/" + file));
                output.write((file + content).getBytes(StandardCharsets.UTF_8));
                output.closeEntry();
            }
        }
        return jar;
    }

    private static URLClassLoader over(URI classPath) throws IOException {
        return new URLClassLoader(new URL[] {classPath.toURL()}, null);
    }

    @Test
    void resourcesInADirectoryAreUsedWhereTheyLie() throws IOException {
        Path resources = Files.createDirectories(directory.resolve("with a space/org/sjd4j/bundled"));
        Files.writeString(resources.resolve("config.json"), "{}");
        try (var loader = over(directory.resolve("with a space/").toUri())) {
            assertThat(new BundledModel(loader, directory.resolve("cache")).find())
                    .isEqualTo(resources);
        }
        assertThat(directory.resolve("cache")).doesNotExist();
    }

    @Test
    void resourcesInAJarAreUnpackedOnce() throws IOException {
        Path cache = directory.resolve("deep/cache");
        try (var loader = over(jar("model.jar", "!").toUri())) {
            var bundled = new BundledModel(loader, cache);
            Path first = bundled.find();
            for (String file : FILES) {
                assertThat(first.resolve(file)).hasContent(file + "!");
            }
            var time = Files.getLastModifiedTime(first.resolve("model.safetensors"));
            assertThat(bundled.find()).isEqualTo(first);
            assertThat(Files.getLastModifiedTime(first.resolve("model.safetensors")))
                    .isEqualTo(time);
        }
        assertOnlyOneModelIn(cache);
    }

    @Test
    void anotherModelHasAnotherDirectory() throws IOException {
        Path cache = directory.resolve("cache");
        try (var one = over(jar("one.jar", "1").toUri());
                var two = over(jar("two.jar", "2").toUri())) {
            assertThat(new BundledModel(one, cache).find()).isNotEqualTo(new BundledModel(two, cache).find());
        }
    }

    @Test
    void aDamagedCopyIsReplaced() throws IOException {
        Path cache = directory.resolve("cache");
        try (var loader = over(jar("model.jar", "!").toUri())) {
            var bundled = new BundledModel(loader, cache);
            Path model = bundled.find().resolve("model.safetensors");
            Files.writeString(model, "cut");
            bundled.find();
            assertThat(model).hasContent("model.safetensors!");
        }
        assertOnlyOneModelIn(cache);
    }

    @Test
    void severalMayUnpackAtOnce() throws Exception {
        Path cache = directory.resolve("cache");
        try (var loader = over(jar("model.jar", "!").toUri());
                var threads = Executors.newFixedThreadPool(8)) {
            var bundled = new BundledModel(loader, cache);
            List<Future<Path>> results = Stream.generate(() -> threads.submit(bundled::find))
                    .limit(8)
                    .toList();
            for (Future<Path> result : results) {
                assertThat(result.get().resolve("README.md")).hasContent("README.md!");
            }
        }
    }

    @Test
    void aBuildWithoutModelSaysSo() throws IOException {
        try (var loader = over(directory.toUri())) {
            assertThatExceptionOfType(ModelNotFoundException.class)
                    .isThrownBy(() -> new BundledModel(loader, directory).find())
                    .withMessageContaining("--model");
        }
    }

    @Test
    void aCacheThatCannotBeWrittenIsNamed() throws IOException {
        Path occupied = Files.createFile(directory.resolve("occupied"));
        try (var loader = over(jar("model.jar", "!").toUri())) {
            assertThatExceptionOfType(UncheckedIOException.class)
                    .isThrownBy(() -> new BundledModel(loader, occupied).find())
                    .withMessageContaining(occupied.toString());
        }
    }

    private static void assertOnlyOneModelIn(Path cache) throws IOException {
        try (Stream<Path> left = Files.list(cache).filter(path -> !path.endsWith("bundled.lock"))) {
            assertThat(left).hasSize(1);
        }
    }
}
