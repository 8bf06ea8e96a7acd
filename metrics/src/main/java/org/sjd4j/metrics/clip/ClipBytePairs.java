package org.sjd4j.metrics.clip;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.io.NoTextException;
import org.sjd4j.io.TextFile;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.text.TextTokenizer;

/**
 * CLIP's tokenizer from {@code vocab.json} and {@code merges.txt}, for directories without a {@code tokenizer.json}, whose
 * steps it takes: composed, lower-cased text is split into words, a word into bytes, and the pair of neighbours that
 * stands first in the list is joined until none is left. The last letter of a word carries the mark {@code </w>}.
 *
 * <p>Byte pairs: Sennrich et al., arXiv 1508.07909.
 */
public final class ClipBytePairs implements TextTokenizer {
    private static final String VOCABULARY = "vocab.json";
    private static final String MERGES = "merges.txt";
    private static final String WORD_END = "</w>";
    private static final String ADVICE = "use the tokenizer files that belong to this checkpoint";
    private static final Pattern SPACES = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern SPECIAL =
            Pattern.compile(Pattern.quote(ClipText.START) + "|" + Pattern.quote(ClipText.END));
    private static final Pattern WORD = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final String[] LETTERS = letters();

    private final Map<String, Integer> ids;
    private final Map<Pair, Integer> ranks;

    private record Pair(String left, String right) {}

    private ClipBytePairs(Map<String, Integer> ids, Map<Pair, Integer> ranks) {
        this.ids = ids;
        this.ranks = ranks;
    }

    /** Whether a directory has the file with the ids. */
    public static boolean isIn(Path directory) {
        return CheckpointFile.isThere(directory.resolve(VOCABULARY));
    }

    /**
     * Reads both files.
     *
     * @throws CheckpointException if one is missing or malformed, or the ids of bytes and pairs are not complete
     */
    public static ClipBytePairs read(Path directory) {
        Path vocabulary = directory.resolve(VOCABULARY);
        Map<String, Integer> ids = Map.copyOf(JsonConfig.read(vocabulary).vocabulary());
        for (String letter : LETTERS) {
            if (!ids.containsKey(letter) || !ids.containsKey(letter + WORD_END)) {
                throw new CheckpointException(
                        vocabulary.toString(), "no ids of the letter '" + letter + "'", "ids of all bytes", ADVICE);
            }
        }
        return new ClipBytePairs(ids, ranks(directory.resolve(MERGES), ids));
    }

    /** The place in the list of each pair. */
    private static Map<Pair, Integer> ranks(Path file, Map<String, Integer> ids) {
        var ranks = new HashMap<Pair, Integer>();
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
            ranks.putIfAbsent(new Pair(parts[0], parts[1]), ranks.size());
        }
        return ranks;
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

    /** A printable letter for each byte: its own if it has one, otherwise the next of those from 256 on. */
    private static String[] letters() {
        String[] letters = new String[256];
        int other = 256;
        for (int i = 0; i < letters.length; i++) {
            boolean printable = i >= '!' && i <= '~' || i >= '¡' && i <= '¬' || i >= '®';
            letters[i] = Character.toString(printable ? i : other++);
        }
        return letters;
    }

    @Override
    public int[] encode(String text) {
        var found = new ArrayList<Integer>();
        addWords(normalised(text), found);
        return ints(found);
    }

    @Override
    public int[] encodeTemplate(String text) {
        String rest = normalised(text);
        var found = new ArrayList<Integer>();
        var matcher = SPECIAL.matcher(rest);
        int from = 0;
        while (matcher.find()) {
            addWords(rest.substring(from, matcher.start()), found);
            found.add(id(matcher.group()));
            from = matcher.end();
        }
        addWords(rest.substring(from), found);
        return ints(found);
    }

    /** Letter by letter, for the library knows no neighbours either: a sigma is the same everywhere in a word. */
    private static String normalised(String text) {
        String composed = Normalizer.normalize(text, Normalizer.Form.NFC);
        var lower = new StringBuilder();
        SPACES.matcher(composed)
                .replaceAll(" ")
                .codePoints()
                .forEach(letter -> lower.append(Character.toString(letter).toLowerCase(Locale.ROOT)));
        return lower.toString();
    }

    private void addWords(String text, List<Integer> found) {
        var matcher = WORD.matcher(text);
        while (matcher.find()) {
            tokens(matcher.group()).forEach(token -> found.add(id(token)));
        }
    }

    private List<String> tokens(String word) {
        var tokens = new ArrayList<String>();
        for (byte value : word.getBytes(StandardCharsets.UTF_8)) {
            tokens.add(LETTERS[value & 0xff]);
        }
        tokens.add(tokens.removeLast() + WORD_END);
        int at = firstPair(tokens);
        while (at >= 0) {
            tokens.set(at, tokens.get(at) + tokens.remove(at + 1));
            at = firstPair(tokens);
        }
        return tokens;
    }

    /** Where the pair of neighbours is that stands first in the list, or -1. */
    private int firstPair(List<String> tokens) {
        int best = Integer.MAX_VALUE;
        int at = -1;
        for (int i = 0; i + 1 < tokens.size(); i++) {
            int rank = ranks.getOrDefault(new Pair(tokens.get(i), tokens.get(i + 1)), Integer.MAX_VALUE);
            if (rank < best) {
                best = rank;
                at = i;
            }
        }
        return at;
    }

    private int id(String token) {
        Integer id = ids.get(token);
        if (id == null) {
            throw new IllegalStateException("'" + token + "' has no id");
        }
        return id;
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public Map<String, Integer> ids() {
        return ids;
    }

    @Override
    public void close() {
        // nothing native
    }
}
