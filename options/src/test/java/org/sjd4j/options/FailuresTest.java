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

    /** As LibTorch 2.10 words it. */
    @Test
    void aGpuWithoutMemoryIsToldInOneLine() {
        String message =
                "CUDA out of memory. Tried to allocate 2.19 GiB. GPU 0 has a total capacity of 79.11 GiB of which"
                        + " 512.44 MiB is free. Including non-PyTorch memory, this process has 70.03 GiB memory in use.\nmore";
        assertThat(Failures.gpuMemory(message))
                .isEqualTo("too little memory on the GPU: 2.19 GiB more were needed, 512.44 MiB were free; stop other"
                        + " processes that use it, or lower --batch, --pass-rows or the dtype");
        assertThat(Failures.gpuMemory("CUDA out of memory")).startsWith("too little memory on the GPU; stop other");
    }
}
