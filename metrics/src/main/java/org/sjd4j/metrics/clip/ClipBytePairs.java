package org.sjd4j.metrics.clip;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.io.NoTextException;
import org.sjd4j.io.TextFile;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.text.HuggingFaceText;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * CLIP's tokenizer from {@code vocab.json} and {@code merges.txt}, for directories without a {@code tokenizer.json}: what such
 * a file would say is put together from them, for the same library to run.
 *
 * <p>Byte pairs: Sennrich et al., arXiv 1508.07909.
 */
public final class ClipBytePairs {
    /** The token that begins a text. */
    static final String START = "<|startoftext|>";

    /** The token that ends a text. */
    static final String END = "<|endoftext|>";

    private static final String VOCABULARY = "vocab.json";
    private static final String MERGES = "merges.txt";
    private static final String WORD_END = "</w>";
    private static final String ADVICE = "use the tokenizer files that belong to this checkpoint";
    private static final JsonMapper JSON = JsonMapper.shared();

    /** CLIP's {@code tokenizer.json} without its tokens, which are all that differs between checkpoints. */
    private static final String STEPS = """
            {
              "version": "1.0",
              "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": "\\\\s+"}, "content": " "}, {"type": "Lowercase"}
              ]},
              "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "behavior": "Removed", "invert": true, "pattern":
                  {"Regex": "'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+"}},
                {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true}
              ]},
              "model": {"type": "BPE", "unk_token": "<|endoftext|>", "continuing_subword_prefix": "", "end_of_word_suffix": "</w>"}
            }
            """;

    private ClipBytePairs() {}

    /** Whether a directory has the file with the ids. */
    public static boolean isIn(Path directory) {
        return CheckpointFile.isThere(directory.resolve(VOCABULARY));
    }

    /**
     * Reads both files.
     *
     * @throws CheckpointException if one is missing or malformed, or the ids of bytes and pairs are not complete
     */
    public static HuggingFaceText read(Path directory) {
        Path vocabulary = directory.resolve(VOCABULARY);
        Map<String, Integer> ids = JsonConfig.read(vocabulary).vocabulary();
        requireBytes(vocabulary, ids);
        var tokenizer = (ObjectNode) JSON.readTree(STEPS);
        var model = (ObjectNode) tokenizer.get("model");
        model.set("vocab", JSON.valueToTree(ids));
        model.set("merges", JSON.valueToTree(pairs(directory.resolve(MERGES), ids)));
        var added = tokenizer.putArray("added_tokens");
        for (String special : List.of(START, END)) {
            if (ids.containsKey(special)) {
                added.addObject()
                        .put("id", ids.get(special))
                        .put("content", special)
                        .put("special", true)
                        .put("normalized", true)
                        .put("single_word", false)
                        .put("lstrip", false)
                        .put("rstrip", false);
            }
        }
        return HuggingFaceText.of(tokenizer, directory.toString());
    }

    /** A text may have any bytes, and each is a printable letter: its own or the next from 256 on. */
    private static void requireBytes(Path file, Map<String, Integer> ids) {
        int other = 256;
        for (int i = 0; i < 256; i++) {
            boolean printable = i >= '!' && i <= '~' || i >= '¡' && i <= '¬' || i >= '®';
            String letter = Character.toString(printable ? i : other++);
            if (!ids.containsKey(letter) || !ids.containsKey(letter + WORD_END)) {
                throw new CheckpointException(
                        file.toString(), "no ids of the letter '" + letter + "'", "ids of all bytes", ADVICE);
            }
        }
    }

    /** The pairs in the order in which they are joined. */
    private static SequencedSet<String> pairs(Path file, Map<String, Integer> ids) {
        var pairs = new LinkedHashSet<String>();
        List<String> lines = lines(file);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isBlank() || i == 0 && line.startsWith("#version")) {
                continue;
            }
            String[] parts = line.split(" ", -1);
            if (parts.length != 2 || !ids.containsKey(parts[0] + parts[1])) {
                throw new CheckpointException(
                        file.toString(),
                        "line " + (i + 1) + ", which is no pair or one without an id",
                        "two tokens that make one of " + VOCABULARY,
                        ADVICE);
            }
            pairs.add(line);
        }
        return pairs;
    }

    private static List<String> lines(Path file) {
        CheckpointFile.requireText(file, "pairs of tokens");
        try {
            return TextFile.lines(file);
        } catch (NoTextException e) {
            throw new CheckpointException(file.toString(), e.found(), "text in UTF-8", ADVICE, e);
        } catch (IOException e) {
            throw new CheckpointException(file.toString(), "no readable text", "pairs of tokens", ADVICE, e);
        }
    }
}
