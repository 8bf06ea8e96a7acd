package org.sjd4j.bundled;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.io.UserFolders;

/**
 * Models by name: the bundled one, and the checkpoint directories in a models folder.
 *
 * @param folder the models folder, which need not exist
 */
public record ModelCatalogue(Path folder) {
    /**
     * A model that can be loaded.
     *
     * @param name what it was chosen by, or would be
     * @param directory its checkpoint
     */
    public record Entry(String name, Path directory) {}

    /** The user's models: in {@code SJD4J_MODELS}, or else in {@code models} of the user's {@linkplain UserFolders#cache() cache}. */
    public static ModelCatalogue ofUser() {
        String variable = System.getenv("SJD4J_MODELS");
        return new ModelCatalogue(
                variable != null && !variable.isEmpty()
                        ? Path.of(variable)
                        : UserFolders.current().cache().resolve("models"));
    }

    /** Every model, the bundled one first. */
    public List<Entry> entries() {
        var entries = new ArrayList<Entry>();
        if (BundledModel.isPresent()) {
            entries.add(new Entry(BundledModel.NAME, BundledModel.directory()));
        }
        if (Files.isDirectory(folder)) {
            try (Stream<Path> directories = Files.list(folder)) {
                directories.sorted().forEach(folder -> {
                    Path directory = HubCache.tryResolve(folder);
                    if (directory != null && isCheckpoint(directory)) {
                        entries.add(new Entry(String.valueOf(folder.getFileName()), directory));
                    }
                });
            } catch (IOException e) {
                throw new UncheckedIOException("cannot list the models in " + folder, e);
            }
        }
        return List.copyOf(entries);
    }

    /**
     * The model of this name; anything that is no name is taken for the path of a checkpoint directory, or of a repository's
     * folder in a {@link HubCache}, whose snapshot is chosen here, once for all that follows.
     *
     * @throws ModelNotFoundException if there is neither; the message lists the names
     * @throws org.sjd4j.tensor.CheckpointException if it is a cache in which no snapshot is the right one
     */
    public Entry find(String nameOrDirectory) {
        if (nameOrDirectory.equals(BundledModel.NAME)) {
            return new Entry(BundledModel.NAME, BundledModel.directory());
        }
        for (Entry entry : entries()) {
            if (entry.name().equals(nameOrDirectory)) {
                return entry;
            }
        }
        try {
            Path directory = Path.of(nameOrDirectory);
            if (!nameOrDirectory.isBlank() && Files.isDirectory(directory)) {
                return new Entry(nameOrDirectory, HubCache.resolve(directory));
            }
        } catch (InvalidPathException _) {
            // no path either
        }
        var names = entries().stream().map(Entry::name).toList();
        throw new ModelNotFoundException("there is no model '%s' and no such directory; %s"
                .formatted(
                        nameOrDirectory,
                        switch (names.size()) {
                            case 0 -> "no model has a name here, give a checkpoint directory";
                            case 1 -> "choose " + names.getFirst() + ", or give a checkpoint directory";
                            default -> "choose one of " + String.join(", ", names) + ", or give a checkpoint directory";
                        }));
    }

    private static boolean isCheckpoint(Path directory) {
        return CheckpointFile.isThere(directory.resolve("config.json"));
    }
}
