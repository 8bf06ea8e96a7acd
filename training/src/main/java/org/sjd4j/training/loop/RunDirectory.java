package org.sjd4j.training.loop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.io.DirectoryLock;
import org.sjd4j.io.Identity;
import org.sjd4j.io.TextFile;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * The directory of one training run: its configuration, its checkpoints, its log and its sample sheets.
 *
 * <p>Only one process may write to it at a time.
 */
public final class RunDirectory implements AutoCloseable {
    private static final String CONFIGURATION = "run.json";
    private static final int KEPT = 2;
    private static final JsonMapper JSON = new JsonMapper();

    private final Path root;
    private final @Nullable DirectoryLock lock;

    private RunDirectory(Path root, @Nullable DirectoryLock lock) {
        this.root = root;
        this.lock = lock;
    }

    /**
     * Opens or creates the directory of a run.
     *
     * @param configuration what makes the run the run it is (not how long it goes on)
     * @throws TrainingException if another process trains there, or the directory's run has another configuration
     */
    public static RunDirectory open(Path root, Map<String, String> configuration) {
        var lock = DirectoryLock.tryLock(root)
                .orElseThrow(() -> new InterruptedTrainingException(
                        root + " is in use by another training process: wait for it or stop it"));
        var run = new RunDirectory(root, lock);
        try {
            run.requireSame(new TreeMap<>(configuration));
            return run;
        } catch (IOException e) {
            run.close();
            throw new UncheckedIOException("cannot open the run directory " + root, e);
        } catch (RuntimeException e) {
            run.close();
            throw e;
        }
    }

    /**
     * Opens the directory of a run that another process writes to, for reading.
     *
     * @param configuration what makes the run the run it is
     * @throws TrainingException if there is none, or it has another configuration
     */
    static RunDirectory follow(Path root, Map<String, String> configuration) {
        var run = new RunDirectory(root, null);
        if (!Files.exists(root.resolve(CONFIGURATION))) {
            throw new TrainingException(root + " holds no run here: the directory must be the same for all workers");
        }
        try {
            run.requireSame(new TreeMap<>(configuration));
            return run;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open the run directory " + root, e);
        }
    }

    private void requireSame(Map<String, String> configuration) throws IOException {
        Path file = root.resolve(CONFIGURATION);
        if (!Files.exists(file)) {
            String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(configuration) + "\n";
            AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
            return;
        }
        Map<String, String> found;
        try {
            found = JSON.readValue(TextFile.read(file), new TypeReference<TreeMap<String, String>>() {});
        } catch (JacksonException e) {
            throw new TrainingException(file + " is damaged: choose another directory", e);
        }
        var differences = Identity.differences(found, configuration);
        if (!differences.isEmpty()) {
            throw new TrainingException(root + " holds a run with another configuration ("
                    + String.join("; ", differences) + "): choose another directory or the same settings");
        }
    }

    /** A file or folder of the run. */
    public Path path(String name) {
        return root.resolve(name);
    }

    /** The newest checkpoint whose files are whole. */
    public Optional<TrainingCheckpoint> latest() {
        for (Path candidate : checkpoints().reversed()) {
            var checkpoint = new TrainingCheckpoint(candidate);
            if (checkpoint.isComplete()) {
                return Optional.of(checkpoint);
            }
        }
        return Optional.empty();
    }

    /** Writes a checkpoint, and only then removes those that are no longer needed: all but the newest whole ones. */
    Path save(long step, CheckpointTensors tensors) {
        Path target = root.resolve("checkpoints").resolve(String.format(Locale.ROOT, "step-%08d", step));
        TrainingCheckpoint.write(target, step, tensors);
        int kept = 0;
        for (Path candidate : checkpoints().reversed()) {
            if (!candidate.equals(target) && kept < KEPT && !new TrainingCheckpoint(candidate).isComplete()) {
                continue; // a damaged one that is newer than what is kept: training went on before it
            }
            if (candidate.equals(target) || kept < KEPT) {
                kept++;
            } else {
                Directories.delete(candidate);
            }
        }
        return target;
    }

    private List<Path> checkpoints() {
        Path folder = root.resolve("checkpoints");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(p -> p.getFileName().toString().matches("step-\\d+"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder, e);
        }
    }

    @Override
    public void close() {
        if (lock != null) {
            lock.close();
        }
    }
}
