package org.sjd4j.metrics.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.text.HuggingFaceText;

class ClipTextTest {
    private static final String[] PIECES = {
        "a",
        "the",
        "THE",
        "painting",
        "of",
        "assistant",
        "according",
        "aSteR",
        " ",
        "  ",
        "\t",
        "\n",
        "\u00a0",
        "\u3000",
        "\u0085",
        "'s",
        "'re",
        "'LL",
        "'",
        "''",
        "!",
        "?!",
        "...",
        "16",
        "½",
        "Ⅷ",
        "é",
        "e\u0301",
        "ß",
        "ẞ",
        "Σ",
        "ΟΔΟΣ",
        "İ",
        "ǅ",
        "ﬁ",
        "Ｆ",
        "日本",
        "한",
        "🐈",
        "👩\u200d🚀",
        "\u200b",
        "“",
        "&amp;",
        "\u0000",
        "\ufeff",
        "<|",
        "|>",
        "endoftext",
        ClipBytePairs.START,
        ClipBytePairs.END,
        "<|EndOfText|>",
        "𝔸",
        "\u0327",
        "\u0323\u0307"
    };

    private Path tiny = Path.of("");
    private final ClipConfig.Text network = new ClipConfig.Text(
            new ClipConfig.Tower(1, 1, 1, 1, ClipConfig.Activation.GELU, 1e-5),
            575,
            77,
            ClipConfig.Pooling.FIRST_END,
            573);

    @BeforeEach
    void find() {
        tiny = Fixtures.folder().resolve("tiny-clip");
    }

    @Test
    void bothKindsOfFilesGiveTheSameIds() {
        long seed = 20261124;
        var random = new Random(seed);
        try (var json = HuggingFaceText.read(tiny.resolve("tokenizer.json"));
                var pairs = ClipBytePairs.read(tiny)) {
            assertThat(pairs.ids()).isEqualTo(json.ids());
            for (int i = 0; i < 3000; i++) {
                var text = new StringBuilder();
                for (int count = random.nextInt(12); count > 0; count--) {
                    text.append(PIECES[random.nextInt(PIECES.length)]);
                }
                String written = text.toString();
                assertThat(pairs.encodeTemplate(written))
                        .as("seed %d, text %d: %s", seed, i, escaped(written))
                        .containsExactly(json.encodeTemplate(written));
                assertThat(pairs.encode(written))
                        .as("plain, seed %d, text %d: %s", seed, i, escaped(written))
                        .containsExactly(json.encode(written));
            }
        }
    }

    /** Letters of all scripts one by one, among them those without a case and those that become several. */
    @Test
    void bothKindsOfFilesReadEveryLetterAlike() {
        long seed = 7;
        var random = new Random(seed);
        try (var json = HuggingFaceText.read(tiny.resolve("tokenizer.json"));
                var pairs = ClipBytePairs.read(tiny)) {
            for (int i = 0; i < 5000; i++) {
                int letter = random.nextInt(0x10000);
                if (Character.isLetter(letter) && !Character.isSurrogate((char) letter)) {
                    String written = "a" + Character.toString(letter) + "b";
                    assertThat(pairs.encode(written))
                            .as("seed %d: %s", seed, escaped(written))
                            .containsExactly(json.encode(written));
                }
            }
        }
    }

    @Test
    void aTextWithoutTokenizerJsonIsReadFromThePairs(@TempDir Path directory) throws IOException {
        Files.copy(tiny.resolve("vocab.json"), directory.resolve("vocab.json"));
        Files.copy(tiny.resolve("merges.txt"), directory.resolve("merges.txt"));
        try (var text = ClipText.read(directory, network)) {
            assertThat(text.ids("a cat")).containsExactly(572, 320, 66, 519, 573);
        }
    }

    @Test
    void aTextThatIsTooLongKeepsItsEnd() {
        try (var text = ClipText.read(tiny, network)) {
            String words = "the ".repeat(200);
            assertThat(text.allIds(words)).hasSize(202);
            assertThat(text.ids(words)).hasSize(77).endsWith(514, 573);
            assertThat(text.ids("the ".repeat(75))).hasSize(77).isEqualTo(text.allIds("the ".repeat(75)));
        }
    }

    @Test
    void halvesOfCharactersAreQuestionMarks() {
        try (var text = ClipText.read(tiny, network)) {
            assertThat(text.ids("a \ud83d b")).containsExactly(text.ids("a ? b"));
        }
    }

    @Test
    void filesThatDoNotFitAreRefused(@TempDir Path directory) throws IOException {
        assertThatThrownBy(() -> ClipText.read(directory, network))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("tokenizer.json, or vocab.json and merges.txt");
        String vocabulary = Files.readString(tiny.resolve("vocab.json"));
        Files.writeString(directory.resolve("vocab.json"), vocabulary);
        assertThatThrownBy(() -> ClipText.read(directory, network))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("merges.txt");
        Files.writeString(directory.resolve("merges.txt"), "#version: 0.2\nh e</w>\nthree of them\n");
        assertThatThrownBy(() -> ClipText.read(directory, network)).hasMessageContaining("line 3,");
        Files.writeString(directory.resolve("merges.txt"), "q z\n");
        assertThatThrownBy(() -> ClipText.read(directory, network)).hasMessageContaining("line 1,");
        Files.writeString(directory.resolve("merges.txt"), "h e</w>\n");
        Files.writeString(directory.resolve("vocab.json"), vocabulary.replace("\"q\":", "\"qq\":"));
        assertThatThrownBy(() -> ClipText.read(directory, network)).hasMessageContaining("letter 'q'");
        Files.writeString(directory.resolve("vocab.json"), vocabulary.replace("\"a\":64", "\"a\":-64"));
        assertThatThrownBy(() -> ClipText.read(directory, network)).hasMessageContaining("token 'a'");
        Files.writeString(directory.resolve("vocab.json"), vocabulary.replace(ClipBytePairs.START, "<|nothing|>"));
        assertThatThrownBy(() -> ClipText.read(directory, network))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("without '<|startoftext|>'");
    }

    @Test
    void idsThatTheNetworkDoesNotKnowAreRefused() {
        var small = new ClipConfig.Text(network.tower(), 573, 77, ClipConfig.Pooling.LARGEST_ID, 2);
        assertThatThrownBy(() -> ClipText.read(tiny, small))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("ids up to 573");
        var other = new ClipConfig.Text(network.tower(), 575, 77, ClipConfig.Pooling.FIRST_END, 574);
        assertThatThrownBy(() -> ClipText.read(tiny, other))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("eos_token_id 574");
    }

    private static String escaped(String text) {
        var escaped = new StringBuilder();
        text.chars()
                .forEach(c ->
                        escaped.append(c < 127 && c >= ' ' ? "" + (char) c : String.format(Locale.ROOT, "\\u%04x", c)));
        return escaped.toString();
    }
}
