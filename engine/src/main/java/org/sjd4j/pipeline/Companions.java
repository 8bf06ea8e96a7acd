package org.sjd4j.pipeline;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.JsonConfig;

/** Finds the parts of a published model that lie in directories of their own. */
final class Companions {
    private static final List<String> INSIDE =
            List.of(".", "image_tokenizer", "tokenizer", "chameleon/tokenizer", "t5");

    private Companions() {}

    /**
     * The directory of a part: the given one, or one inside or beside the model's directory.
     *
     * @param given what the user said, if anything
     * @param fits whether a directory holds the part
     * @param part what it is, for messages
     * @param option how the user can say where it is
     * @throws CheckpointException if there is none, or several
     */
    static Path find(Path model, @Nullable Path given, Predicate<Path> fits, String part, String option) {
        if (given != null) {
            if (!fits.test(given)) {
                throw new CheckpointException(
                        given.toString(), "no " + part, "the directory of one that fits the model", "check " + option);
            }
            return given;
        }
        for (String name : INSIDE) {
            Path inside = model.resolve(name).normalize();
            if (Files.isDirectory(inside) && fits.test(inside)) {
                return inside;
            }
        }
        List<Path> beside = siblings(model).stream().filter(fits).toList();
        if (beside.size() != 1) {
            String found = beside.isEmpty()
                    ? "no " + part + " in it or beside it"
                    : "several of " + part + " beside it: " + String.join(", ", names(beside));
            throw new CheckpointException(model.toString(), found, "one", "name its directory with " + option);
        }
        return beside.getFirst();
    }

    private static List<String> names(List<Path> paths) {
        return paths.stream().map(path -> String.valueOf(path.getFileName())).toList();
    }

    private static List<Path> siblings(Path model) {
        Path parent = model.toAbsolutePath().normalize().getParent();
        var found = new ArrayList<Path>();
        if (parent != null) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(parent, Files::isDirectory)) {
                stream.forEach(found::add);
            } catch (IOException e) {
                return List.of(); // a parent that cannot be listed has nothing to offer
            }
        }
        found.sort(null);
        return found;
    }

    /** Whether a directory's {@code config.json} names this network. */
    static boolean isOfType(Path directory, String type) {
        Path config = directory.resolve("config.json");
        try {
            return Files.isRegularFile(config)
                    && JsonConfig.read(config).textOr("model_type", "").equals(type);
        } catch (CheckpointException e) {
            return false;
        }
    }

    /** The first of these files that a directory has, or nothing. */
    static @Nullable Path firstFile(Path directory, String... names) {
        for (String name : names) {
            if (Files.isRegularFile(directory.resolve(name))) {
                return directory.resolve(name);
            }
        }
        return null;
    }
}
