package org.sjd4j.checkpoint;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sjd4j.io.TextFile;
import org.sjd4j.tensor.CheckpointException;

/**
 * The cache of the Hugging Face hub, from which models can be used where they lie. It has a folder {@code
 * models--ORG--NAME} for each repository; its {@code snapshots/REVISION} are directories of links into its {@code blobs},
 * and {@code refs/main} names the revision that was the newest when it was downloaded (huggingface_hub, "Understand
 * caching").
 */
public final class HubCache {
    private static final String PREFIX = "models--";
    private static final String SNAPSHOTS = "snapshots";
    private static final String BLOBS = "blobs";
    private static final String REFS = "refs";
    private static final String MAIN = "main";
    private static final String HUB = "hub";
    private static final String CONFIG = "config.json";
    private static final String WEIGHTS = "*.{safetensors,bin,pt,pth,ckpt}";
    private static final String UNFINISHED = "*.{incomplete,part,aria2,crdownload}";
    private static final int MOST_NAMES = 6;

    private HubCache() {}

    /**
     * The checkpoint that a path means: a snapshot if it is a repository's folder in a cache, otherwise the path itself.
     *
     * @throws CheckpointException if it is a whole cache, or a repository of which no snapshot is the right one; the message
     *     names those that are there
     */
    public static Path resolve(Path path) {
        if (!Files.isDirectory(path)
                || Files.exists(path.resolve(CONFIG), LinkOption.NOFOLLOW_LINKS)
                || !list(path, WEIGHTS, Files::isRegularFile).isEmpty()) {
            return path;
        }
        if (isRepository(path)) {
            return snapshot(path);
        }
        Path parent = path.toAbsolutePath().normalize().getParent();
        if (parent != null && isRepository(parent) && isNamed(path, SNAPSHOTS)) {
            return snapshot(parent);
        }
        for (Path hub : List.of(path, path.resolve(HUB))) {
            List<Path> repositories = repositories(hub);
            if (!repositories.isEmpty()) {
                throw new CheckpointException(
                        path.toString(),
                        "a cache of models: "
                                + listed(repositories.stream()
                                        .map(HubCache::published)
                                        .toList()),
                        "one model",
                        "name its directory, such as " + repositories.getFirst());
            }
        }
        return path;
    }

    /** As {@link #resolve}, or nothing where that fails. */
    public static @Nullable Path tryResolve(Path path) {
        try {
            return resolve(path);
        } catch (CheckpointException e) {
            return null;
        }
    }

    /** What a checkpoint is called: its directory's name or, if that is a snapshot's, the name of the repository. */
    public static String name(Path directory) {
        Path repository = repositoryOf(directory);
        if (repository == null) {
            return String.valueOf(directory.toAbsolutePath().normalize().getFileName());
        }
        String name = published(repository);
        return name.substring(name.lastIndexOf('/') + 1);
    }

    /** The directories beside a checkpoint: of a snapshot, those of the other repositories in its cache. */
    public static List<Path> neighbours(Path directory) {
        Path repository = repositoryOf(directory);
        Path self = repository == null ? directory.toAbsolutePath().normalize() : repository;
        Path parent = self.getParent();
        return parent == null ? List.of() : list(parent, "*", Files::isDirectory);
    }

    /** Downloads into a directory, or into the cache that it belongs to, that were not finished. */
    static List<Path> unfinished(@Nullable Path directory) {
        var found = new ArrayList<Path>();
        if (directory != null) {
            Path repository = repositoryOf(directory);
            if (repository != null) {
                found.addAll(list(repository.resolve(BLOBS), UNFINISHED, Files::isRegularFile));
            }
            found.addAll(list(directory, UNFINISHED, Files::isRegularFile));
            found.addAll(list(directory.resolve(".cache/huggingface/download"), UNFINISHED, Files::isRegularFile));
        }
        return found;
    }

    private static boolean isRepository(Path directory) {
        int parts = 0;
        for (String part : List.of(SNAPSHOTS, BLOBS, REFS)) {
            parts += Files.isDirectory(directory.resolve(part)) ? 1 : 0;
        }
        boolean named = fileName(directory.toAbsolutePath().normalize()).startsWith(PREFIX);
        return named ? parts > 0 : parts > 1;
    }

    private static @Nullable Path repositoryOf(Path directory) {
        Path parent = directory.toAbsolutePath().normalize().getParent();
        Path repository = parent == null || !isNamed(parent, SNAPSHOTS) ? null : parent.getParent();
        return repository != null && fileName(repository).startsWith(PREFIX) ? repository : null;
    }

    private static Path snapshot(Path repository) {
        List<Path> snapshots = list(repository.resolve(SNAPSHOTS), "*", Files::isDirectory);
        if (snapshots.isEmpty()) {
            throw new CheckpointException(
                    repository.toString(), "a cache without any snapshot", "one", "finish the download");
        }
        String main = main(repository);
        for (Path snapshot : snapshots) {
            if (fileName(snapshot).equals(main)) {
                return snapshot;
            }
        }
        if (main == null && snapshots.size() == 1) {
            return snapshots.getFirst();
        }
        String names = listed(snapshots.stream().map(HubCache::fileName).toList());
        String found = main == null
                ? "several snapshots and no refs/main: " + names
                : "refs/main that names " + CheckpointException.quote(main) + ", and only these snapshots: " + names;
        throw new CheckpointException(
                repository.toString(), found, "the right one", "name one, such as " + snapshots.getFirst());
    }

    private static @Nullable String main(Path repository) {
        Path file = repository.resolve(REFS).resolve(MAIN);
        if (!Files.isRegularFile(file)) {
            return null;
        }
        try {
            String revision = TextFile.read(file).strip();
            return revision.isEmpty() ? null : revision;
        } catch (IOException e) {
            throw new CheckpointException(
                    file.toString(), "a file that cannot be read", "the name of a revision", "name a snapshot", e);
        }
    }

    private static List<Path> repositories(Path hub) {
        return list(hub, PREFIX + "*", HubCache::isRepository);
    }

    /** {@code models--ORG--NAME} as the hub shows it. */
    private static String published(Path repository) {
        String name = fileName(repository);
        return name.startsWith(PREFIX) ? name.substring(PREFIX.length()).replace("--", "/") : name;
    }

    private static boolean isNamed(Path path, String name) {
        return fileName(path.toAbsolutePath().normalize()).equals(name);
    }

    private static String fileName(Path path) {
        return String.valueOf(path.getFileName());
    }

    private static String listed(List<String> names) {
        String some = String.join(", ", names.stream().limit(MOST_NAMES).toList());
        return names.size() > MOST_NAMES ? some + " and " + (names.size() - MOST_NAMES) + " more" : some;
    }

    /** The entries of a directory in the order of their names; none if it cannot be listed. */
    private static List<Path> list(Path directory, String glob, DirectoryStream.Filter<Path> wanted) {
        var found = new ArrayList<Path>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, glob)) {
            for (Path path : stream) {
                if (wanted.accept(path)) {
                    found.add(path);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return List.of();
        }
        found.sort(null);
        return found;
    }
}
