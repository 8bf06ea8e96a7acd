package org.sjd4j.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Files that are there whole or not at all. */
public final class AtomicFile {
    private AtomicFile() {}

    /**
     * Writes a file beside its place and renames it; directories above it that are missing are made.
     *
     * @throws UncheckedIOException if it cannot be written; nothing is left behind then
     */
    public static void write(Path file, byte[] bytes) {
        Path temporary = file.resolveSibling("." + UUID.randomUUID() + ".tmp");
        try {
            Files.createDirectories(file.toAbsolutePath().resolveSibling(".").normalize());
            try {
                Files.write(temporary, bytes, StandardOpenOption.CREATE_NEW);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }
}
