package org.sjd4j.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The tiny checkpoints in published layouts, with golden numbers of the official code: see their README. */
public final class Fixtures {
    private static final Path FOLDER = Path.of("engine/src/test/fixtures");

    private Fixtures() {}

    /** The folder of all fixtures. Surefire runs the tests of a module in the module's directory, below the repository's. */
    public static Path folder() {
        Path ancestor = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(ancestor.resolve(FOLDER))) {
            ancestor = ancestor.getParent();
            if (ancestor == null) {
                throw new IllegalStateException(
                        "no " + FOLDER + " above " + Path.of("").toAbsolutePath());
            }
        }
        return ancestor.resolve(FOLDER);
    }

    /** All files with this ending. */
    static List<Path> files(String ending) throws IOException {
        try (Stream<Path> files = Files.walk(folder())) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
    }
}
