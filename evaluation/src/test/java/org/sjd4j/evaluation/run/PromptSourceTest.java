package org.sjd4j.evaluation.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PromptSourceTest {
    private static final int ALL = Integer.MAX_VALUE;

    @TempDir
    private Path directory;

    private final List<String> warnings = new ArrayList<>();

    private List<Prompt> read(Path file) {
        return PromptSource.read(file, ALL, warnings::add);
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    @Test
    void ofCocoTheFirstCaptionOfEachImageInTheOrderOfAnnotations() throws IOException {
        Path file = file("captions_val2017.json", """
                {"info": {}, "images": [{"id": 9}, {"id": 4}], "annotations": [
                 {"image_id": 9, "id": 1, "caption": "A cat. "},
                 {"image_id": 4, "id": 2, "caption": "Two dogs\\n"},
                 {"image_id": 9, "id": 3, "caption": "The same cat."}]}""");
        assertThat(read(file)).containsExactly(new Prompt("A cat."), new Prompt("Two dogs"));
        assertThat(PromptSource.read(file, 1, warnings::add)).containsExactly(new Prompt("A cat."));
    }

    /** As converters leave them: null, blank, beyond the first, and images that nobody has described. */
    @Test
    void ofCocoTheFirstCaptionWithWords() throws IOException {
        Path file = file("captions.json", """
                {"images": [{"id": 9}, {"id": 7}, {"id": 4}, {"id": 5}], "annotations": [
                 {"image_id": 9, "caption": "\\u00a0 \\u200b\\n"}, {"image_id": 5, "caption": null}, {"image_id": 3},
                 {"image_id": 4, "caption": "Two dogs"}, {"caption": " "}, {"image_id": 9, "caption": "A cat."},
                 {"image_id": 4, "caption": "  "}, {"image_id": 9, "caption": "The same cat."},
                 {"image_id": 4, "caption": ["no text"]}]}""");
        assertThat(read(file)).containsExactly(new Prompt("A cat."), new Prompt("Two dogs"));
        assertThat(warnings).containsExactly(file + ": left out 3 of 5 images, which have no 'caption' with words");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1 | 1.0 | 2",
                "1 | 1e0 | 1.5",
                "123 | \"000000123\" | \"000000124\"",
                "0 | -0.0 | -1",
                "123456789012345678901234567890 | 123456789012345678901234567890.0 | 123456789012345678901234567891",
                "9007199254740992.0 | 9007199254740992 | 9007199254740993.0",
                "\"cat.jpg\" | \"cat.jpg\" | \"Cat.jpg\"",
                "\"\" | \"\" | \" \"",
            })
    void anyIdOfCocoThatCanBeCompared(String id, String same, String other) throws IOException {
        Path file = file("captions.json", """
                {"annotations": [{"image_id": %s, "caption": "one"}, {"image_id": %s, "caption": "the same"},
                 {"image_id": %s, "caption": "another"}]}""".formatted(id, same, other));
        assertThat(read(file)).containsExactly(new Prompt("one"), new Prompt("another"));
        assertThat(warnings).isEmpty();
    }

    @Test
    void ofTablesWhatTheirQuotesHold() throws IOException {
        Path file = file(
                "a.tsv",
                "\"Prompt\"\tCategory\r\n\"a sign\r\nwith two lines\"\tSigns\r\n\"OPEN\" above the door of \"SHOP\"\tSigns\r\n"
                        + "\"half a quotation\tSigns\r\n\"a\ttab\"\tX\r\n\t\r\n  \tBlank\r\na 12\" pizza\t");
        assertThat(read(file))
                .containsExactly(
                        new Prompt("a sign\nwith two lines", "Signs"),
                        new Prompt("\"OPEN\" above the door of \"SHOP\"", "Signs"),
                        new Prompt("\"half a quotation", "Signs"),
                        new Prompt("a\ttab", "X"),
                        new Prompt("a 12\" pizza"));
        assertThat(warnings).containsExactly(file + ": left out 1 of 6 rows, which have no prompt");
    }

    @Test
    void aRowOfATableWithOtherCellsIsNamed() throws IOException {
        for (String row : List.of("c", "\"c\nd\"", "c\tX\tY")) {
            Path file = file("a.tsv", "Prompt\tCategory\n\"a\nb\"\tX\n" + row + "\n");
            assertThatThrownBy(() -> read(file)).hasMessageStartingWith(file + ", line 4: found ");
        }
    }

    @Test
    void ofPartiTheColumnsWhereverTheyStand() throws IOException {
        Path file = file(
                "PartiPrompts.TSV",
                "Category\tPrompt\tChallenge\r\nAnimals\ta \"red\" fox\tBasic\r\n\r\nFood\t\"a \"\"big\"\" pie\"\tX\r\n");
        assertThat(read(file))
                .containsExactly(new Prompt("a \"red\" fox", "Animals"), new Prompt("a \"big\" pie", "Food"));
    }

    @Test
    void ofTextTheLinesThatSaySomething() throws IOException {
        Path file = file("prompts.txt", "# mine\n\n  a cat \n\u00a0\n\u200b\na dog");
        assertThat(read(file)).containsExactly(new Prompt("a cat"), new Prompt("a dog"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE"})
    void filesAsWindowsWritesThem(String charset) throws IOException {
        var files = Map.of(
                "a.txt", "# mine\r\na größer cat\r\n",
                "a.tsv", "Prompt\tCategory\r\na größer cat\t\r\n",
                "a.json", "{\"annotations\": [{\"image_id\": 9, \"id\": 1, \"caption\": \"a größer cat\"}]}");
        for (var file : files.entrySet()) {
            byte[] bytes = ("\uFEFF" + file.getValue()).getBytes(Charset.forName(charset));
            Path path = Files.write(directory.resolve(file.getKey()), bytes);
            assertThat(read(path)).containsExactly(new Prompt("a größer cat"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a.json | {\"annotations\": 3} | has no list 'annotations'",
                "b.json | [1, | is no readable JSON: the end of the text, before the ']' that closes an array (line 1, column 4)",
                "c.json | {\"annotations\": [{\"image_id\": null, \"caption\": \"y\"}]} | annotation 0: 'image_id' is of type NULL",
                "d.json | {\"annotations\": [{\"image_id\": 1, \"caption\": \" \"}]} | none of its 1 images has a 'caption'",
                "h.json | {\"annotations\": [{}, {\"caption\": \"y\"}]} | annotation 1: 'image_id' is missing",
                "i.json | {\"annotations\": [{\"image_id\": [1], \"caption\": \"y\"}]} | annotation 0: 'image_id' is of type ARRAY",
                "j.json | {\"images\": [{\"id\": 1}]} | has no list 'annotations'",
                "e.json | {\"annotations\": []} | has no prompt",
                "f.tsv | Text | has no column 'Prompt'",
                "g.txt | # nothing | has no prompt",
            })
    void whatIsMalformedIsNamed(String name, String text, String message) throws IOException {
        Path file = file(name, text);
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(name)
                .hasMessageContaining(message);
    }

    @Test
    void aTableWithALineWithoutAPromptOrBytesThatAreNoTextAreRefused() throws IOException {
        Path table = file("t.tsv", "Category\tPrompt\nFood\n");
        assertThatThrownBy(() -> read(table)).hasMessageContaining("line 2 has no prompt");
        Path bytes = Files.write(directory.resolve("b.txt"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThatThrownBy(() -> read(bytes)).hasMessageContaining("is no text in UTF-8");
        assertThatThrownBy(() -> read(directory.resolve("none.txt"))).hasMessageContaining("there is no file");
    }
}
