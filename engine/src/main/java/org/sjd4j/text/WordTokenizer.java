package org.sjd4j.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.sjd4j.checkpoint.JsonFile;
import org.sjd4j.tensor.CheckpointException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Splits a prompt into lower-case words and looks them up: the text tokenizer of the bundled model.
 *
 * <p>It is stored as a Hugging Face {@code tokenizer.json} of the type {@code WordLevel}. Words that are not in the
 * vocabulary are left out of the prompt and reported.
 */
public final class WordTokenizer {
    /** Possessive, because Java's other repetitions of a group need stack for each turn. */
    private static final String WORD = "[\\p{L}\\p{N}]++(?:[-'][\\p{L}\\p{N}]++)*+";

    private static final Pattern WORDS = Pattern.compile(WORD);
    private static final JsonMapper JSON = new JsonMapper();

    private final Map<String, Integer> ids;

    /**
     * A prompt as word ids.
     *
     * @param ids of the known words, in order
     * @param unknown words that the vocabulary lacks
     */
    public record Encoding(List<Integer> ids, List<String> unknown) {}

    private WordTokenizer(Map<String, Integer> ids) {
        this.ids = ids;
    }

    /**
     * A tokenizer of these words; special tokens first.
     *
     * @param special names of special tokens, such as {@code <pad>}: no text is ever read as one of them
     */
    public static WordTokenizer of(List<String> special, List<String> words) {
        var ids = new LinkedHashMap<String, Integer>();
        special.forEach(token -> ids.put(token, ids.size()));
        words.forEach(word -> ids.putIfAbsent(word, ids.size()));
        return new WordTokenizer(ids);
    }

    /**
     * Reads a {@code tokenizer.json} of the type {@code WordLevel}.
     *
     * @throws CheckpointException if the file is missing or is something else
     */
    public static WordTokenizer read(Path file) {
        JsonNode root = JsonFile.read(file, "a tokenizer.json", "restore the checkpoint's files");
        JsonNode model = root.path("model");
        JsonNode vocabulary = model.path("vocab");
        if (!model.path("type").asString("").equals("WordLevel") || !vocabulary.isObject() || vocabulary.isEmpty()) {
            throw new CheckpointException(
                    file.toString(),
                    "a tokenizer of type '" + model.path("type").asString("none") + "'",
                    "one of type 'WordLevel' with a vocabulary",
                    "use the tokenizer.json that belongs to this checkpoint");
        }
        var ids = new LinkedHashMap<String, Integer>();
        vocabulary.forEachEntry((word, id) -> ids.put(word, id.asInt(-1)));
        for (int id : ids.values()) {
            if (id < 0 || id >= ids.size()) {
                throw new CheckpointException(
                        file.toString(),
                        "word id " + id,
                        "ids from 0 to " + (ids.size() - 1),
                        "use the tokenizer.json that belongs to this checkpoint");
            }
        }
        return new WordTokenizer(ids);
    }

    /** Writes it as a {@code tokenizer.json}. */
    public void write(Path file) {
        var root = JSON.createObjectNode();
        root.put("version", "1.0");
        root.putObject("normalizer").put("type", "Lowercase");
        var split = root.putObject("pre_tokenizer");
        split.put("type", "Split");
        split.putObject("pattern").put("Regex", WORD);
        split.put("behavior", "Removed");
        split.put("invert", true);
        var model = root.putObject("model");
        model.put("type", "WordLevel");
        var vocabulary = model.putObject("vocab");
        ids.forEach(vocabulary::put);
        model.put("unk_token", "<unk>");
        try {
            Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    /** The words of a text, in lower case. */
    public static List<String> words(String text) {
        return WORDS.matcher(text.toLowerCase(Locale.ROOT))
                .results()
                .map(MatchResult::group)
                .toList();
    }

    /** Looks up the words of a text. */
    public Encoding encode(String text) {
        var known = new ArrayList<Integer>();
        var unknown = new ArrayList<String>();
        for (String word : words(text)) {
            Integer id = ids.get(word);
            if (id == null) {
                unknown.add(word);
            } else {
                known.add(id);
            }
        }
        return new Encoding(List.copyOf(known), List.copyOf(unknown));
    }

    /** Every word and special token, by ascending id. */
    public List<String> vocabulary() {
        return ids.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The id of a word or special token, if the vocabulary has it. */
    public OptionalInt id(String token) {
        Integer id = ids.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** Number of ids, the special ones included. */
    public int size() {
        return ids.size();
    }
}
