package org.sjd4j.server.jobs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.io.DirectoryLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files of jobs' images, and the lock of their directory where no other server may use it. */
final class JobFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JobFiles.class);
    private static final String IMAGES = "images";

    /** Where servers before December 2026 kept images. */
    private static final String FORMER_IMAGES = "pictures";

    /** How old a temporary file is before no server can be writing it any more. */
    private static final Duration LEFT_OVER = Duration.ofHours(1);

    private final Path images;
    private final @Nullable DirectoryLock lock;

    private JobFiles(Path images, @Nullable DirectoryLock lock) {
        this.images = images;
        this.lock = lock;
    }

    /**
     * Opens a directory: makes the folder of images, and removes what a killed process began to write there.
     *
     * @param shared whether other servers may use it, too
     * @throws ServerStateException if it cannot be used
     */
    static JobFiles open(Path directory, boolean shared) {
        var files = new JobFiles(directory.resolve(IMAGES), shared ? null : locked(directory));
        try {
            files.prepare();
            return files;
        } catch (IOException | UncheckedIOException e) {
            files.close();
            throw unusable(files.images, e);
        }
    }

    private static DirectoryLock locked(Path directory) {
        try {
            return DirectoryLock.tryLock(directory)
                    .orElseThrow(() -> new ServerStateException(directory + " is in use by another server", null));
        } catch (UncheckedIOException e) {
            throw unusable(directory, e);
        }
    }

    private void prepare() throws IOException {
        Path former = images.resolveSibling(FORMER_IMAGES);
        if (Files.isDirectory(former) && Files.notExists(images)) {
            Files.move(former, images);
        }
        Files.createDirectories(images);
        AtomicFile.removeLeftovers(images, shared() ? LEFT_OVER : Duration.ZERO);
    }

    private static ServerStateException unusable(Path directory, Exception failure) {
        Throwable reason =
                failure instanceof UncheckedIOException && failure.getCause() != null ? failure.getCause() : failure;
        String why =
                reason instanceof AccessDeniedException ? "permission denied" : String.valueOf(reason.getMessage());
        return new ServerStateException("cannot use the directory %s: %s".formatted(directory, why), failure);
    }

    /** Whether other servers may use the directory, too. */
    boolean shared() {
        return lock == null;
    }

    /** Where a job's image is; the id must be one of the database's. */
    Path image(String id) {
        return images.resolve(id + ".png");
    }

    /** Deletes a job's image, if there is one. */
    void delete(String id) {
        try {
            Files.deleteIfExists(image(id));
        } catch (IOException e) {
            LOG.warn("the image of job {} could not be deleted", id, e);
        }
    }

    @Override
    public void close() {
        if (lock != null) {
            lock.close();
        }
    }
}
