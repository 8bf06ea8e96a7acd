package org.sjd4j.tensor;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The tiny checkpoints in published layouts; tests of them are skipped where they do not lie beside the clone. */
public final class Fixtures {
    private Fixtures() {}

    /** The folder of all fixtures. */
    public static Path folder() {
        Path ancestor = Path.of("").toAbsolutePath();
        while (ancestor != null && !Files.isDirectory(ancestor.resolve("shared/fixtures"))) {
            ancestor = ancestor.getParent();
        }
        assumeTrue(ancestor != null, "no shared/fixtures beside the repository");
        return ancestor.resolve("shared/fixtures");
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
