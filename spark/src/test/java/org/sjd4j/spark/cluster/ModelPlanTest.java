package org.sjd4j.spark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.options.ModelOptions;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/** What travels to executors of a model in the cache of the Hugging Face hub: the snapshot that the driver chose. */
class ModelPlanTest {
    @TempDir
    private Path hub;

    private Path intoCache(String fixture, String name) throws IOException {
        Path repository = hub.resolve("models--org--" + name);
        Path blobs = Files.createDirectories(repository.resolve("blobs"));
        Path snapshot = Files.createDirectories(repository.resolve("snapshots/0123abcd"));
        try (Stream<Path> files = Files.list(Fixtures.folder().resolve(fixture))) {
            for (Path file : files.toList()) {
                Files.copy(file, blobs.resolve("b" + file.getFileName()));
                Files.createSymbolicLink(
                        snapshot.resolve(file.getFileName()), Path.of("../../blobs/b" + file.getFileName()));
            }
        }
        return repository;
    }

    private static final class Job {
        @Mixin
        private ModelOptions options = new ModelOptions();
    }

    @Test
    void theSnapshotIsChosenOnceAtTheDriver() throws IOException {
        Path model = intoCache("tiny-emu3-gen", "emu3");
        Path vision = intoCache("tiny-emu3-visiontokenizer", "vision");
        var job = new Job();
        new CommandLine(job).parseArgs("--model=" + model, "--image-tokenizer=" + vision);
        var plan = ModelPlan.of(job.options, job.options.description());
        assertThat(plan.directory())
                .isEqualTo(model.resolve("snapshots/0123abcd").toString());
        assertThat(plan.imageTokenizer())
                .isEqualTo(vision.resolve("snapshots/0123abcd").toString());
        // another revision that is downloaded meanwhile changes nothing
        Files.createDirectories(model.resolve("snapshots/4567"));
        Files.writeString(Files.createDirectories(model.resolve("refs")).resolve("main"), "4567");
        assertThat(plan.problem()).isEmpty();
        Files.write(vision.resolve("blobs/bmodel.safetensors"), new byte[] {1});
        assertThat(plan.problem()).isNotEmpty();
    }
}
