package org.sjd4j.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.regex.Pattern;

/** Files that are there whole or not at all, even after a power cut. */
public final class AtomicFile {
    private static final Pattern TEMPORARY = Pattern.compile("\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.tmp");

    private AtomicFile() {}

    /**
     * Removes what processes that were killed while they wrote left in a directory.
     *
     * @param age of what surely nobody is writing any more
     * @throws UncheckedIOException if the directory cannot be read, or something in it not removed
     */
    public static void removeLeftovers(Path directory, Duration age) {
        try (var files = Files.newDirectoryStream(
                directory,
                file -> TEMPORARY.matcher(file.getFileName().toString()).matches())) {
            Instant newest = Instant.now().minus(age);
            for (Path file : files) {
                if (!Files.getLastModifiedTime(file).toInstant().isAfter(newest)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot tidy " + directory, e);
        }
    }

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
                try (var channel =
                        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                    var rest = ByteBuffer.wrap(bytes);
                    while (rest.hasRemaining()) {
                        channel.write(rest);
                    }
                    channel.force(true);
                }
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }
}
