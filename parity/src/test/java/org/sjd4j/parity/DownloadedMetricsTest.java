package org.sjd4j.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.metrics.FeatureStatistics;
import org.sjd4j.metrics.clip.Clip;
import org.sjd4j.metrics.clip.ClipPreprocessing.Variant;
import org.sjd4j.metrics.inception.Inception;
import org.sjd4j.metrics.inception.TinyInception;
import org.sjd4j.metrics.scorer.Scorer;
import org.sjd4j.tensor.CheckpointException;

/** Networks that judge images, as downloads leave them. */
class DownloadedMetricsTest {
    private static final String REVISION = "3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268";
    private static final String POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 605247071\n";

    @TempDir
    private Path hub;

    private Path intoCache(Path directory, String name) throws IOException {
        Path repository = hub.resolve("models--" + name);
        Path blobs = Files.createDirectories(repository.resolve("blobs"));
        Path snapshot = Files.createDirectories(repository.resolve("snapshots").resolve(REVISION));
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String blob = "b" + file.getFileName();
                Files.copy(file, blobs.resolve(blob));
                Files.createSymbolicLink(snapshot.resolve(file.getFileName()), Path.of("../../blobs", blob));
            }
        }
        return repository;
    }

    private static void refused(ThrowingCallable opening, String... parts) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(opening)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    @Test
    void metricsAreUsedWhereTheyLieInTheCache() throws IOException {
        Path clip = intoCache(Fixtures.folder().resolve("tiny-clip"), "openai--clip-vit-tiny");
        try (var network = Clip.open(clip, Variant.HUGGING_FACE)) {
            assertThat(network.name()).startsWith("clip-vit-tiny@");
        }
        assertThat(MetricParity.knows(clip)).isTrue();
        Path inception = intoCache(TinyInception.folder(), "zoo--inception");
        Files.delete(inception.resolve("snapshots").resolve(REVISION).resolve("model.safetensors"));
        try (var network = Inception.open(inception);
                var expected = Inception.open(TinyInception.folder())) {
            assertThat(network.name()).isEqualTo(expected.name());
        }
        refused(() -> Clip.open(hub, Variant.OPENAI), "a cache of models: openai/clip-vit-tiny, zoo/inception");
        refused(() -> Inception.open(hub), "a cache of models");
        refused(() -> Scorer.open(hub), "a cache of models");
    }

    @Test
    void metricsThatDidNotArriveAreNamed() throws IOException {
        Path clip = intoCache(Fixtures.folder().resolve("tiny-clip"), "clip").resolve("blobs");
        for (String name :
                new String[] {"model.safetensors", "config.json", "tokenizer.json", "preprocessor_config.json"}) {
            Path blob = clip.resolve("b" + name);
            byte[] whole = Files.readAllBytes(blob);
            Files.writeString(blob, POINTER);
            refused(
                    () -> Clip.open(hub.resolve("models--clip"), Variant.OPENAI),
                    name + ": found a Git LFS pointer in place of 605247071 bytes");
            Files.delete(blob);
            refused(
                    () -> Clip.open(hub.resolve("models--clip"), Variant.OPENAI),
                    name + ": found a link to ../../blobs/b" + name + ", which is not there");
            Files.write(blob, whole);
        }
        Path saved = Files.writeString(hub.resolve("pt_inception-2015-12-05-6726825d.pth"), POINTER);
        refused(() -> Inception.open(saved), saved + ": found a Git LFS pointer");
        refused(() -> Inception.open(hub), saved + ": found a Git LFS pointer");
        refused(() -> MetricParity.knows(saved), saved + ": found a Git LFS pointer");
        Path statistics = Files.writeString(hub.resolve("fid.npz"), POINTER);
        refused(() -> FeatureStatistics.read(statistics, "f", 8), statistics + ": found a Git LFS pointer");
        Path page = Files.writeString(hub.resolve("fid.safetensors"), "<html>");
        refused(() -> FeatureStatistics.read(page, "f", 8), page + ": found a web page");
        refused(() -> FeatureStatistics.read(hub.resolve("none.npz"), "f", 8), "none.npz: found no such file");
    }
}
