package org.sjd4j.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Checkpoints whose files of text an editor has saved with a byte order mark. */
class ByteOrderMarkTest {
    private static final Pattern TEXT = Pattern.compile(".*\\.(json|txt|tiktoken)");

    @TempDir
    private Path directory;

    private static int mark(Path checkpoint) throws IOException {
        int marked = 0;
        try (Stream<Path> files = Files.walk(checkpoint)) {
            for (Path file : files.filter(path -> TEXT.matcher(path.toString()).matches())
                    .toList()) {
                Files.writeString(file, "\uFEFF" + Files.readString(file));
                marked++;
            }
        }
        return marked;
    }

    private static int[] generate(Path checkpoint) {
        try (var model = TextToImage.open(checkpoint, "cpu")) {
            var defaults = model.defaults();
            return model.generate(
                            new Request("red box", 7, defaults.decoder(), defaults.settings(), defaults.sampling()))
                    .tokens();
        }
    }

    private static void generatesAlike(Path checkpoint) throws IOException {
        int[] expected = generate(checkpoint);
        assertThat(mark(checkpoint)).isPositive();
        assertThat(generate(checkpoint)).isEqualTo(expected);
    }

    @Test
    void marksChangeNothing() throws IOException {
        generatesAlike(TinyCheckpoint.write(directory));
    }

    @ParameterizedTest
    @EnumSource
    void marksChangeNothingInPublishedLayouts(TinyPublished family) throws IOException {
        generatesAlike(family.write(directory));
    }
}
