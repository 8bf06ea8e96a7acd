package org.sjd4j.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordTokenizerTest {
    private static final WordTokenizer TOKENIZER =
            WordTokenizer.of(List.of("<pad>"), List.of("red", "t-shirt", "apple"));

    @Test
    void wordsAreLookedUpAndOthersReported() {
        var encoding = TOKENIZER.encode("A RED t-shirt, <pad> \uD83C\uDF4E apple!");
        assertThat(encoding.ids()).containsExactly(1, 2, 3);
        assertThat(encoding.unknown()).containsExactly("a", "pad");
    }

    @Test
    void whatIsWrittenIsRead(@TempDir Path directory) {
        Path file = directory.resolve("tokenizer.json");
        TOKENIZER.write(file);
        assertThat(WordTokenizer.read(file).encode("red apple").ids()).containsExactly(1, 3);
    }

    /** The matching of one word must not need stack for each of its parts. */
    @Test
    void endlessTextIsOnlySlow() {
        for (String part : List.of("a-", "a", "-", "a ", "\uD83C\uDF4E", "e\u0301", "\uD800", "'")) {
            assertThat(TOKENIZER.encode(part.repeat(100_000)).ids()).isEmpty();
        }
    }
}
