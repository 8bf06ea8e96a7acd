package org.sjd4j.training.loop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.io.TextFile;
import org.sjd4j.tensor.Tensors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * One checkpoint of a run: a directory of safetensors files and a manifest with their sizes and hashes.
 *
 * <p>It is written beside its final place and renamed when everything, the manifest last, is on the disk, so a directory
 * with the right name is a whole checkpoint; the hashes find what went wrong later.
 */
public final class TrainingCheckpoint {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String MANIFEST = "manifest.json";

    /** What the manifest says of one file. */
    record FileEntry(long bytes, String sha256) {}

    /** The manifest: format version, step and files. */
    record Manifest(int format, long step, Map<String, FileEntry> files) {}

    private final Path directory;

    TrainingCheckpoint(Path directory) {
        this.directory = directory;
    }

    /** The checkpoint in a directory of that name. */
    public static TrainingCheckpoint at(Path directory) {
        return new TrainingCheckpoint(directory);
    }

    /** Where it lies. */
    public Path directory() {
        return directory;
    }

    /** The file with the network's tensors. */
    public Path parameters() {
        return directory.resolve("parameters.safetensors");
    }

    static void write(Path target, long step, CheckpointTensors tensors) {
        Path partial = target.resolveSibling(target.getFileName() + ".partial");
        try {
            if (Files.exists(partial)) {
                Directories.delete(partial);
            }
            Files.createDirectories(partial);
            var entries = new TreeMap<String, FileEntry>();
            for (var file : tensors.files().entrySet()) {
                Path path = partial.resolve(file.getKey());
                TensorFiles.write(path, file.getValue(), Map.of("format", "pt"));
                entries.put(file.getKey(), new FileEntry(Files.size(path), FileHash.sha256(path)));
            }
            Path manifest = partial.resolve(MANIFEST);
            Files.writeString(manifest, JSON.writeValueAsString(new Manifest(1, step, entries)));
            force(manifest);
            force(partial);
            if (Files.exists(target)) {
                Directories.delete(target);
            }
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
            force(target.resolveSibling("."));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the checkpoint " + target, e);
        }
    }

    /** Whether the manifest and every file that it names are there with their sizes. */
    boolean isComplete() {
        try {
            for (var entry : manifest().files().entrySet()) {
                Path file = directory.resolve(entry.getKey());
                if (!Files.exists(file) || Files.size(file) != entry.getValue().bytes()) {
                    return false;
                }
            }
            return true;
        } catch (IOException | TrainingException e) {
            return false;
        }
    }

    /**
     * Copies the checkpoint into live tensors.
     *
     * @return the step it was made at
     * @throws TrainingException if a file is damaged or does not fit
     */
    long restore(CheckpointTensors tensors) {
        Manifest manifest = manifest();
        for (var file : tensors.files().entrySet()) {
            Path path = directory.resolve(file.getKey());
            FileEntry expected = manifest.files().get(file.getKey());
            if (expected == null || !expected.sha256().equals(FileHash.sha256(path))) {
                throw new TrainingException(path + " is damaged (its hash is not that of the manifest): delete "
                        + directory + " to resume from the checkpoint before it");
            }
            Tensors.inference(() -> copy(TensorFiles.read(path), file.getValue(), path));
        }
        return manifest.step();
    }

    private static void copy(Map<String, Tensor> saved, Map<String, Tensor> live, Path path) {
        if (!saved.keySet().equals(live.keySet())) {
            throw new TrainingException(path + " holds other tensors than this run has");
        }
        saved.forEach((name, tensor) -> {
            Tensor target = live.get(name);
            if (target == null || !java.util.Arrays.equals(target.shape(), tensor.shape())) {
                throw new TrainingException(path + ": tensor '" + name + "' has another shape than in this run");
            }
            target.copy_(tensor);
        });
    }

    private Manifest manifest() {
        Path file = directory.resolve(MANIFEST);
        try {
            return JSON.readValue(TextFile.read(file), Manifest.class);
        } catch (IOException | JacksonException e) {
            throw new TrainingException(file + " is missing or not readable", e);
        }
    }

    private static void force(Path path) throws IOException {
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
