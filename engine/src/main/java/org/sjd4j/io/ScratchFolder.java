package org.sjd4j.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder for files that nobody keeps. It is deleted when it is closed, and when the process is told to end before. */
public final class ScratchFolder implements AutoCloseable {
    private final Path path;
    private final Thread atExit;

    private ScratchFolder(Path path) {
        this.path = path;
        this.atExit = Thread.ofPlatform().unstarted(() -> delete(path));
    }

    /**
     * Makes a folder below {@code java.io.tmpdir}.
     *
     * @throws UncheckedIOException if it cannot be made
     */
    public static ScratchFolder make() {
        try {
            var folder = new ScratchFolder(Files.createTempDirectory("sjd4j-"));
            Runtime.getRuntime().addShutdownHook(folder.atExit);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot make a folder in " + System.getProperty("java.io.tmpdir")
                            + ", which is for temporary files",
                    e);
        }
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /**
     * Deletes a file, or a folder and all that is in it, if it is there.
     *
     * @throws UncheckedIOException if something of it cannot be deleted
     */
    public static void delete(Path path) {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> entries = Files.walk(path)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + path, e);
        }
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
            delete(path);
        } catch (IllegalStateException _) {
            // the process ends, and the hook deletes it
        }
    }
}
