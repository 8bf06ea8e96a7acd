package org.sjd4j.metrics.clip;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.text.HuggingFaceText;
import org.sjd4j.text.TextTokenizer;

/**
 * Text to the ids that CLIP reads: a start, the words' tokens, an end, and no padding.
 *
 * <p>Four tokenizers are in use. This is the one of {@code tokenizer.json}, which {@code CLIPTokenizerFast} runs and
 * {@code CLIPProcessor} and torchmetrics with it; where that file is missing, {@link ClipBytePairs} gives the same ids.
 * They agree on ordinary text, also on accents that are letters of their own, the dotted capital I and the names of start
 * and end, which are special wherever they stand. Others differ so:
 *
 * <ul>
 *   <li>openai/CLIP and the slow tokenizer of Transformers with ftfy mend text first: curly quotation marks become straight
 *       ones, HTML entities characters, ligatures and full-width letters ordinary letters, and text decoded in the wrong
 *       encoding is repaired. Here all of that stays as it is written.
 *   <li>The slow tokenizer without ftfy makes every Chinese character a word of its own and drops spaces of no width. Here
 *       neighbouring characters are one word, and such a space is a character.
 * </ul>
 */
public final class ClipText implements AutoCloseable {
    private static final String FILE = "tokenizer.json";
    private static final String ADVICE = "use the tokenizer files that belong to this checkpoint";

    private final TextTokenizer tokenizer;
    private final int positions;
    private final int start;
    private final int end;

    private ClipText(TextTokenizer tokenizer, int positions, int start, int end) {
        this.tokenizer = tokenizer;
        this.positions = positions;
        this.start = start;
        this.end = end;
    }

    /**
     * Reads {@code tokenizer.json} or, if it is missing, {@code vocab.json} and {@code merges.txt}.
     *
     * @throws CheckpointException if there are no such files, they are malformed, or they do not fit the network
     */
    public static ClipText read(Path directory, ClipConfig.Text network) {
        Path file = directory.resolve(FILE);
        boolean whole = CheckpointFile.isThere(file);
        if (!whole && !ClipBytePairs.isIn(directory)) {
            throw new CheckpointException(
                    directory.toString(), "no text tokenizer", FILE + ", or vocab.json and merges.txt", ADVICE);
        }
        return of(whole ? HuggingFaceText.read(file) : ClipBytePairs.read(directory), directory, network);
    }

    /**
     * A tokenizer that was read, which the result closes.
     *
     * @throws CheckpointException if it does not fit the network; the tokenizer is closed then
     */
    public static ClipText of(TextTokenizer tokenizer, Path directory, ClipConfig.Text network) {
        try {
            Map<String, Integer> ids = tokenizer.ids();
            int start = special(directory, ids, ClipBytePairs.START);
            int end = special(directory, ids, ClipBytePairs.END);
            int largest = Collections.max(ids.values());
            if (largest >= network.vocabulary()) {
                throw new CheckpointException(
                        directory.toString(),
                        "a tokenizer with ids up to " + largest,
                        "ids below vocab_size " + network.vocabulary(),
                        ADVICE);
            }
            if (network.pooling() == ClipConfig.Pooling.FIRST_END && network.end() != end) {
                throw new CheckpointException(
                        directory.toString(),
                        "'" + ClipBytePairs.END + "' with id " + end,
                        "eos_token_id " + network.end() + " of the text_config",
                        ADVICE);
            }
            return new ClipText(tokenizer, network.positions(), start, end);
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    private static int special(Path directory, Map<String, Integer> ids, String token) {
        Integer id = ids.get(token);
        if (id == null) {
            throw new CheckpointException(
                    directory.toString(), "a tokenizer without '" + token + "'", "CLIP's", ADVICE);
        }
        return id;
    }

    /** The ids of a text, which the network can read: what is too long loses its last words, not its end. */
    public int[] ids(String text) {
        int[] ids = allIds(text);
        if (ids.length <= positions) {
            return ids;
        }
        int[] cut = Arrays.copyOf(ids, positions);
        cut[positions - 1] = end;
        return cut;
    }

    /** The ids of a text of any length, start and end included. Halves of characters count as question marks. */
    public int[] allIds(String text) {
        String whole = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        int[] words = tokenizer.encodeTemplate(whole);
        int[] ids = new int[words.length + 2];
        ids[0] = start;
        System.arraycopy(words, 0, ids, 1, words.length);
        ids[ids.length - 1] = end;
        return ids;
    }

    /** Ids by token. */
    public Map<String, Integer> vocabulary() {
        return tokenizer.ids();
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
