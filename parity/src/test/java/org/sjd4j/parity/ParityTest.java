package org.sjd4j.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.Numeric;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.checkpoint.SafetensorsFile;
import org.sjd4j.checkpoint.SafetensorsWriter;
import org.sjd4j.tensor.DType;

/** Every tiny checkpoint gives the numbers of its official code. */
@Numeric
class ParityTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tiny-chameleon-34b-style",
                "tiny-chameleon-hf",
                "tiny-chameleon-vqgan",
                "tiny-chameleon-vqgan-ckpt",
                "tiny-emu3-gen",
                "tiny-emu3-gen-hf",
                "tiny-emu3-gen-hf-v452",
                "tiny-emu3-visiontokenizer",
                "tiny-janus-pro",
                "tiny-janus-pro-hf",
                "tiny-llamagen-t2i",
                "tiny-lumina-mgpt",
                "tiny-t5-encoder"
            })
    void checkpointsGiveTheOfficialNumbers(String name) {
        var report = Parity.of(Fixtures.folder().resolve(name), null);
        assertThat(report.unread()).doesNotContainValue(UnreadGoldens.UNKNOWN);
        assertThat(report.checks())
                .isNotEmpty()
                .allSatisfy(
                        check -> assertThat(check.passed()).as(check.toString()).isTrue());
    }

    /** The VQGAN may lie in the model's own directory, where its numbers do not. */
    @Test
    void aModelWithItsVqganInsideIsComparedItself(@TempDir Path directory) throws IOException {
        Path model = Fixtures.folder().resolve("tiny-lumina-mgpt");
        try (var files = Files.list(model)) {
            for (Path file : files.toList()) {
                Files.copy(file, directory.resolve(file.getFileName()));
            }
        }
        Files.copy(
                Fixtures.folder().resolve("tiny-chameleon-vqgan/vqgan.safetensors"),
                directory.resolve("vqgan.safetensors"));
        assertThat(Parity.of(directory, null).checks())
                .hasSameSizeAs(Parity.of(model, null).checks())
                .allSatisfy(
                        check -> assertThat(check.passed()).as(check.toString()).isTrue());
    }

    @Test
    void goldenNumbersThatNoCheckReadsAreNamed(@TempDir Path directory) throws IOException {
        Path encoder = Fixtures.folder().resolve("tiny-t5-encoder");
        for (String name : List.of("config.json", "model.safetensors")) {
            Files.copy(encoder.resolve(name), directory.resolve(name));
        }
        try (var arena = Arena.ofConfined();
                var golden = SafetensorsFile.open(encoder.resolve("golden.safetensors"))) {
            var writer = new SafetensorsWriter().add("new.kind", DType.U8, new long[] {4}, arena.allocate(4));
            for (String name : golden.names()) {
                var info = golden.info(name);
                writer.add(name, info.dtype(), info.shape(), golden.segment(name));
            }
            writer.write(directory.resolve("golden.safetensors"));
        }
        assertThat(Parity.of(directory, null).unread()).containsExactly(Map.entry("new.kind", UnreadGoldens.UNKNOWN));
    }
}
