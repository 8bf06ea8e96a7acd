package org.sjd4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files written by the reference library itself. */
class SafetensorsFixturesTest {

    /** Reading and writing again gives the very bytes that the reference library wrote. */
    @Test
    void fixturesAreRewrittenByteForByte(@TempDir Path directory) throws IOException {
        List<Path> files = Fixtures.files(".safetensors");
        for (Path file : files) {
            Path copy = directory.resolve("copy.safetensors");
            try (SafetensorsFile original = SafetensorsFile.open(file)) {
                var writer = new SafetensorsWriter();
                original.metadata().forEach(writer::metadata);
                for (String name : original.names()) {
                    TensorInfo info = original.info(name);
                    writer.add(name, info.dtype(), info.shape(), original.segment(name));
                }
                writer.write(copy);
            }
            assertThat(copy).as(file.toString()).hasSameBinaryContentAs(file);
        }
    }

    @Test
    void shardedFixturesOpenThroughTheirIndex() throws IOException {
        for (Path index : Fixtures.files(".safetensors.index.json")) {
            try (Checkpoint checkpoint = Checkpoint.open(index.resolveSibling("."))) {
                assertThat(checkpoint.names())
                        .as(index.toString())
                        .isNotEmpty()
                        .allSatisfy(name -> assertThat(checkpoint.segment(name).byteSize())
                                .isEqualTo(checkpoint.info(name).byteSize()));
            }
        }
    }
}
