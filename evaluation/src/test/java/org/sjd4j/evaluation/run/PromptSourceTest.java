package org.sjd4j.evaluation.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
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

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    @Test
    void ofCocoTheFirstCaptionOfEachPictureInTheOrderOfAnnotations() throws IOException {
        Path file = file("captions_val2017.json", """
                {"info": {}, "images": [{"id": 9}, {"id": 4}], "annotations": [
                 {"image_id": 9, "id": 1, "caption": "A cat. "},
                 {"image_id": 4, "id": 2, "caption": "Two dogs\\n"},
                 {"image_id": 9, "id": 3, "caption": "The same cat."}]}""");
        assertThat(PromptSource.read(file, ALL)).containsExactly(new Prompt("A cat."), new Prompt("Two dogs"));
        assertThat(PromptSource.read(file, 1)).containsExactly(new Prompt("A cat."));
    }

    @Test
    void ofPartiTheColumnsWhereverTheyStand() throws IOException {
        Path file = file(
                "PartiPrompts.TSV",
                "Category\tPrompt\tChallenge\r\nAnimals\ta \"red\" fox\tBasic\r\n\r\nFood\t\"a \"\"big\"\" pie\"\tX\r\n");
        assertThat(PromptSource.read(file, ALL))
                .containsExactly(new Prompt("a \"red\" fox", "Animals"), new Prompt("a \"big\" pie", "Food"));
    }

    @Test
    void ofTextTheLinesThatSaySomething() throws IOException {
        Path file = file("prompts.txt", "# mine\n\n  a cat \na dog");
        assertThat(PromptSource.read(file, ALL)).containsExactly(new Prompt("a cat"), new Prompt("a dog"));
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
            assertThat(PromptSource.read(path, ALL)).containsExactly(new Prompt("a größer cat"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a.json | {\"annotations\": 3} | has no list 'annotations'",
                "b.json | [1, | is no readable JSON: the end of the text, before the ']' that closes an array (line 1, column 4)",
                "c.json | {\"annotations\": [{\"image_id\": \"x\", \"caption\": \"y\"}]} | annotation 0 should have",
                "d.json | {\"annotations\": [{\"image_id\": 1, \"caption\": \" \"}]} | annotation 0 should have",
                "e.json | {\"annotations\": []} | has no prompt",
                "f.tsv | Text | has no column 'Prompt'",
                "g.txt | # nothing | has no prompt",
            })
    void whatIsMalformedIsNamed(String name, String text, String message) throws IOException {
        Path file = file(name, text);
        assertThatThrownBy(() -> PromptSource.read(file, ALL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(name)
                .hasMessageContaining(message);
    }

    @Test
    void aTableWithALineWithoutAPromptOrBytesThatAreNoTextAreRefused() throws IOException {
        Path table = file("t.tsv", "Category\tPrompt\nFood\n");
        assertThatThrownBy(() -> PromptSource.read(table, ALL)).hasMessageContaining("line 2 has no prompt");
        Path bytes = Files.write(directory.resolve("b.txt"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThatThrownBy(() -> PromptSource.read(bytes, ALL)).hasMessageContaining("is no text in UTF-8");
        assertThatThrownBy(() -> PromptSource.read(directory.resolve("none.txt"), ALL))
                .hasMessageContaining("there is no file");
    }
}
