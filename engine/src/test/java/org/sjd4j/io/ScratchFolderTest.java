package org.sjd4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ScratchFolderTest {
    @Test
    void nothingIsLeftOfWhatWasClosed() throws IOException {
        Path path;
        try (var folder = ScratchFolder.make()) {
            path = folder.path();
            Path inner = Files.createDirectories(path.resolve("a/b"));
            Files.writeString(inner.resolve("c.txt"), "text");
            assertThat(path).isDirectory();
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void deletingWhatIsNotThereIsFine() {
        ScratchFolder.delete(Path.of("no", "such", "folder"));
    }
}
