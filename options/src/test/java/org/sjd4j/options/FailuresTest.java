package org.sjd4j.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FailuresTest {
    @Test
    void reasonsAreWordsAndNoClassesOfJava(@TempDir Path folder) {
        assertThat(Failures.reason(new AccessDeniedException("a"))).isEqualTo("permission denied");
        assertThat(Failures.reason(new NoSuchFileException("a/.b.tmp"))).isEqualTo("no such file or directory");
        assertThat(Failures.reason(new FileAlreadyExistsException("a"))).isEqualTo("there is one already");
        assertThat(Failures.reason(new FileSystemException("a", null, "No space left on device")))
                .isEqualTo("No space left on device");
        assertThat(Failures.reason(new IOException("the disk is gone"))).isEqualTo("the disk is gone");
        var real = catchThrowable(() -> Files.createFile(folder.resolve("none").resolve("a.png")));
        assertThat(Failures.reason(real)).isEqualTo("no such file or directory");
    }
}
