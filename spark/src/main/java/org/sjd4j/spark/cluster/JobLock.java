package org.sjd4j.spark.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sjd4j.options.UserException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a second driver out of a job's directory, on file systems that know no locks: a file whose time says that its owner is
 * alive. What a driver that was killed leaves counts for two minutes.
 */
public final class JobLock implements AutoCloseable {
    /** The file's name; Spark and Hadoop overlook what begins so. */
    public static final String FILE = "_lock";

    private static final Logger LOG = LoggerFactory.getLogger(JobLock.class);
    private static final Duration BEAT = Duration.ofSeconds(20);
    private static final Duration DEAD = Duration.ofMinutes(2);

    private final FileSystem files;
    private final Path file;
    private final byte[] owner = UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII);
    private final ScheduledExecutorService heart = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().factory());

    private JobLock(FileSystem files, Path file) {
        this.files = files;
        this.file = file;
    }

    /**
     * Takes the lock of a directory that exists.
     *
     * @throws UserException if another driver has it
     * @throws IOException if it cannot be written
     */
    public static JobLock take(FileSystem files, Path directory) throws IOException {
        var lock = new JobLock(files, new Path(directory, FILE));
        try {
            lock.takeOver();
            lock.write(false);
        } catch (FileAlreadyExistsException e) {
            throw inUse(directory, Duration.ZERO);
        }
        files.deleteOnExit(lock.file);
        lock.heart.scheduleAtFixedRate(lock::beat, BEAT.toSeconds(), BEAT.toSeconds(), TimeUnit.SECONDS);
        return lock;
    }

    private void takeOver() throws IOException {
        if (files.exists(file)) {
            var silent = Duration.ofMillis(
                    System.currentTimeMillis() - files.getFileStatus(file).getModificationTime());
            if (silent.compareTo(DEAD) < 0) {
                throw inUse(file.getParent(), silent);
            }
            files.delete(file, false);
        }
    }

    private static UserException inUse(Path directory, Duration silent) {
        long wait = Math.max(1, DEAD.minus(silent).toSeconds());
        return new UserException(directory + " is in use by another job; if that one is dead, try again in " + wait
                + " seconds, or delete " + new Path(directory, FILE));
    }

    private void write(boolean again) throws IOException {
        try (var out = files.create(file, again)) {
            out.write(owner);
        }
    }

    private void beat() {
        try {
            write(true);
        } catch (IOException | RuntimeException e) {
            LOG.warn("the lock {} cannot be renewed: {}", file, e.getMessage());
        }
    }

    @Override
    public void close() {
        heart.close();
        try {
            files.delete(file, false);
            files.cancelDeleteOnExit(file);
        } catch (IOException e) {
            LOG.warn("the lock {} cannot be removed: {}", file, e.getMessage());
        }
    }
}
