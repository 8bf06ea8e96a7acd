package org.sjd4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextFileTest {
    private static final String TEXT = "größer, 红苹果 \uD83C\uDF4E\r\n# two\n\uFFFD three";

    @TempDir
    private Path directory;

    private Path file(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("a.txt"), bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
    void aMarkSaysTheEncodingAndIsNoText(String name) throws IOException {
        Path file = file(("\uFEFF" + TEXT).getBytes(Charset.forName(name)));
        assertThat(TextFile.read(file)).isEqualTo(TEXT);
        assertThat(TextFile.lines(file)).containsExactlyElementsOf(TEXT.lines().toList());
    }

    @Test
    void withoutAMarkItIsUtf8() throws IOException {
        assertThat(TextFile.read(file(TEXT.getBytes(StandardCharsets.UTF_8)))).isEqualTo(TEXT);
        assertThat(TextFile.read(file(new byte[0]))).isEmpty();
        assertThat(TextFile.lines(file("a\rb\r\nc\n".getBytes(StandardCharsets.UTF_8))))
                .containsExactly("a", "b", "c");
    }

    /** As {@code copy /b a.txt + b.txt} leaves them, or an editor that adds a mark each time. */
    @Test
    void marksOfJoinedFilesAreNoTextEither() throws IOException {
        Path file = file("\uFEFF\uFEFFone\n\uFEFFtwo\nthe\uFEFFre\n".getBytes(StandardCharsets.UTF_8));
        assertThat(TextFile.lines(file)).containsExactly("one", "two", "the\uFEFFre");
        assertThat(TextFile.read(file("\uFEFF".getBytes(StandardCharsets.UTF_8))))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "61 0a 67 72 f6 df 65, line 2 has the byte 0xf6",
        "61 0a 0a e2 82, line 3 has the byte 0xe2",
        "ed a0 80, line 1 has the byte 0xed",
        "ff fe 61 00 0a 00 00 d8 61 00, line 2 has the byte 0x00",
        "ff fe 61, line 1 has the byte 0x61",
        "61 00 0a 00 62 00, line 1 has a zero character",
        "61 0a 62 00, line 2 has a zero character",
    })
    void whatIsNoTextIsRefusedWithItsLine(String bytes, String message) throws IOException {
        Path file = file(HexFormat.ofDelimiter(" ").parseHex(bytes));
        assertThatThrownBy(() -> TextFile.read(file))
                .isInstanceOf(NoTextException.class)
                .hasMessageStartingWith(file + " is no text in UTF-8: " + message)
                .hasMessageEndingWith("; save it as UTF-8");
    }
}
