package org.sjd4j.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sjd4j.api.Families;
import org.sjd4j.checkpoint.Checkpoint;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.checkpoint.SafetensorsWriter;
import org.sjd4j.tensor.DType;

/** Checkpoints that carry tables of rotary positions, as those of old versions of Transformers do. */
class DerivedTablesTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "tiny-lumina-mgpt, model.layers, tiny-chameleon-vqgan",
        "tiny-chameleon-34b-style, model.layers,",
        "tiny-chameleon-hf, model.layers,",
        "tiny-emu3-gen, model.layers, tiny-emu3-visiontokenizer",
        "tiny-emu3-gen-hf, text_model.model.layers,",
        "tiny-emu3-gen-hf-v452, model.text_model.layers,",
        "tiny-janus-pro, language_model.model.layers,",
        "tiny-janus-pro-hf, model.language_model.layers,"
    })
    void tablesOfRotaryPositionsChangeNothing(String name, String layers, @Nullable String vision) throws IOException {
        Path fixture = Fixtures.folder().resolve(name);
        try (Stream<Path> files = Files.list(fixture)) {
            for (Path file : files.toList()) {
                if (!String.valueOf(file.getFileName()).startsWith("model")) {
                    Files.copy(file, directory.resolve(file.getFileName()));
                }
            }
        }
        var writer = new SafetensorsWriter();
        try (var arena = Arena.ofConfined();
                var checkpoint = Checkpoint.open(fixture)) {
            for (String tensor : checkpoint.names()) {
                var info = checkpoint.info(tensor);
                writer.add(tensor, info.dtype(), info.shape(), checkpoint.segment(tensor));
            }
            MemorySegment noise = arena.allocate(8 * Float.BYTES).fill((byte) 66);
            for (int i = 0; i < 2; i++) {
                writer.add(layers + "." + i + ".self_attn.rotary_emb.inv_freq", DType.F32, new long[] {8}, noise);
            }
            writer.write(directory.resolve("model.safetensors"));
        }
        Path tokenizer = vision == null ? null : Fixtures.folder().resolve(vision);
        var weights = Families.describe(directory, tokenizer).problems().stream()
                .filter(problem -> problem.contains("nothing reads"));
        assertThat(weights).isEmpty();
        assertThat(Parity.of(directory, tokenizer).checks()).isNotEmpty().allMatch(check -> check.passed());
    }
}
