package org.sjd4j.family;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.Checkpoint;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.tensor.CheckpointException;

/** Finds the parts of a published model that lie in directories of their own. */
public final class Companions {
    private static final List<String> INSIDE =
            List.of(".", "image_tokenizer", "tokenizer", "chameleon/tokenizer", "t5");
    private static final String CONFIG = "config.json";

    private Companions() {}

    /** Tells whether a directory holds a part. */
    @FunctionalInterface
    public interface Part {
        /**
         * Whether the part is there.
         *
         * @throws CheckpointException if it is there, and cannot be read or does not fit the model
         */
        boolean isIn(Path directory);
    }

    /**
     * The directory of a part: the given one, or one inside or beside the model's directory.
     *
     * @param given what the user said, if anything
     * @param part what is looked for
     * @param name what it is, for messages
     * @param option how the user can say where it is
     * @throws CheckpointException if there is none, or several, or the one that is there cannot be used
     */
    public static Path find(Path model, @Nullable Path given, Part part, String name, String option) {
        if (given != null) {
            Path directory = HubCache.resolve(given);
            if (!part.isIn(directory)) {
                throw new CheckpointException(
                        directory.toString(), "no " + name, "the directory of one", "check " + option);
            }
            return directory;
        }
        for (String place : INSIDE) {
            Path inside = model.resolve(place).normalize();
            if (Files.isDirectory(inside) && part.isIn(inside)) {
                return inside;
            }
        }
        return beside(model, part, name, option);
    }

    private static Path beside(Path model, Part part, String name, String option) {
        var found = new ArrayList<Path>();
        @Nullable CheckpointException reason = null;
        for (Path neighbour : HubCache.neighbours(model)) {
            Path directory = HubCache.tryResolve(neighbour);
            try {
                if (directory != null && part.isIn(directory)) {
                    found.add(directory);
                }
            } catch (CheckpointException e) {
                reason = reason == null ? e : reason;
            }
        }
        if (found.size() == 1) {
            return found.getFirst();
        }
        String what = "no " + name + " in it or beside it" + (reason == null ? "" : " (" + reason.fault() + ")");
        if (!found.isEmpty()) {
            var names = found.stream().map(HubCache::name).toList();
            what = "several of " + name + " beside it: " + String.join(", ", names);
        }
        throw new CheckpointException(
                model.toString(), what, "one", "name its directory with " + option, found.isEmpty() ? reason : null);
    }

    /**
     * Whether a directory's {@code config.json} names this network.
     *
     * @throws CheckpointException if there is such a file, and it cannot be read
     */
    public static boolean isOfType(Path directory, String type) {
        Path config = directory.resolve(CONFIG);
        return CheckpointFile.isThere(config)
                && JsonConfig.read(config).textOr("model_type", "").equals(type);
    }

    /** The first of these files that a directory has, or nothing. */
    public static @Nullable Path firstFile(Path directory, String... names) {
        for (String name : names) {
            if (CheckpointFile.isThere(directory.resolve(name))) {
                return directory.resolve(name);
            }
        }
        return null;
    }

    /**
     * Checks that a checkpoint holds the image tokenizer that a model was trained with.
     *
     * @param weights a file or a directory
     * @param codebook name of the tensor of its codes
     * @param codes how many the model has
     * @param prefixes of the tensor's name, one of which it has, if it has any
     * @throws CheckpointException if it cannot be read, has no such tensor, or another number of codes
     */
    public static void requireCodes(Path weights, String codebook, int codes, String... prefixes) {
        try (var checkpoint = Checkpoint.open(weights)) {
            String name = Stream.of(prefixes)
                    .map(prefix -> prefix + codebook)
                    .filter(checkpoint::contains)
                    .findFirst()
                    .orElse(codebook);
            int found = checkpoint.sizes(name, 2)[0];
            if (found != codes) {
                throw new CheckpointException(
                        weights.toString(),
                        "an image tokenizer with " + found + " codes",
                        "one with " + codes + ", as the model has",
                        "use the one that belongs to the model");
            }
        }
    }
}
