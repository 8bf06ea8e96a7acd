package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.TinyCheckpoint;

class ModelsCommandTest {
    @TempDir
    private Path cache;

    @BeforeEach
    void useAnotherCache() {
        System.setProperty("sjd4j.cache", cache.toString());
    }

    @AfterEach
    void useTheUsersCache() {
        System.clearProperty("sjd4j.cache");
    }

    @Test
    void aCheckpointInTheModelsFolderHasAName() throws IOException {
        Path model = TinyCheckpoint.write(cache.resolve("models/tiny"));
        Files.writeString(model.resolve("README.md"), "---\nlicense: apache-2.0\n---\n# Tiny\n");
        assertThat(Cli.run("models").succeeded().out())
                .contains("tiny", "sjd4j_raster_llama", "0.0 M", "16x16", "sjd-exact", "apache-2.0");
        Cli.run("generate", "red", "--model=tiny", "--out=" + cache.resolve("p.png"))
                .succeeded();
        assertThat(Cli.run("show", cache.resolve("p.png").toString()).out()).contains("--model=tiny");
    }

    @Test
    void aBrokenModelIsAWarning() throws IOException {
        Path broken = Files.createDirectories(cache.resolve("models/broken"));
        Files.writeString(broken.resolve("config.json"), "{}");
        var result = Cli.run("models").succeeded();
        assertThat(result.err())
                .startsWith("sjd: warning: broken cannot be used: ")
                .hasLineCount(1);
    }

    @Test
    void theDoctorFindsThisMachineUsable() {
        assertThat(Cli.run("doctor").succeeded().out())
                .contains("Java", "LibTorch", "memory", "CUDA", "fonts", cache.toString())
                .endsWith("All that is needed is there.\n");
    }

    @Test
    void theDoctorNamesACacheThatCannotBeWritten() throws IOException {
        Path file = Files.createFile(cache.resolve("file"));
        System.setProperty("sjd4j.cache", file.toString());
        var result = Cli.run("doctor");
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.out()).contains("MISSING  cache", file + " cannot be written", "SJD4J_CACHE");
    }
}
