package org.sjd4j.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sjd4j.io.Excerpt;
import org.sjd4j.tensor.CheckpointException;
import tools.jackson.databind.JsonNode;

/** A {@code config.json} whose values are checked as they are read. */
public final class JsonConfig {
    private static final long LARGEST = 64 << 20;
    private static final long LARGEST_ID = 10_000_000;

    /** No size of a network comes near it, and two of them can be multiplied. */
    private static final long LARGEST_COUNT = 10_000_000;

    private static final int LONGEST_SHOWN = 60;
    private static final String ADVICE = "use the file that belongs to this checkpoint";

    private final Path file;
    private final JsonNode root;

    private JsonConfig(Path file, JsonNode root) {
        this.file = file;
        this.root = root;
    }

    /**
     * Reads a configuration.
     *
     * @throws CheckpointException if the file is missing, too large, or no JSON object
     */
    public static JsonConfig read(Path file) {
        CheckpointFile.requireText(file, "a configuration");
        try {
            if (Files.size(file) > LARGEST) {
                throw new CheckpointException(
                        file.toString(), Files.size(file) + " bytes", "at most " + LARGEST, ADVICE);
            }
        } catch (IOException e) {
            throw new CheckpointException(file.toString(), "a file that cannot be read", "a configuration", ADVICE, e);
        }
        JsonNode root = JsonFile.read(file, "a configuration", ADVICE);
        if (!root.isObject()) {
            throw new CheckpointException(file.toString(), "no JSON object", "a JSON object", ADVICE);
        }
        return new JsonConfig(file, root);
    }

    /** Whether the key is there, with another value than {@code null}. */
    public boolean has(String key) {
        return root.hasNonNull(key);
    }

    /** All keys, in the order of the file. */
    public Set<String> keys() {
        return new LinkedHashSet<>(root.propertyNames());
    }

    /** Whether the key holds an object. */
    public boolean isObject(String key) {
        return root.path(key).isObject();
    }

    /** The object below a key. */
    public JsonConfig object(String key) {
        JsonNode node = root.path(key);
        if (!node.isObject()) {
            throw wrong(key, node, "an object");
        }
        return new JsonConfig(file, node);
    }

    /** A truth value, or {@code otherwise} if the key is absent. */
    public boolean flagOr(String key, boolean otherwise) {
        JsonNode node = root.path(key);
        if (has(key) && !node.isBoolean()) {
            throw wrong(key, node, "true or false");
        }
        return has(key) ? node.booleanValue() : otherwise;
    }

    /** The ids of a vocabulary: whole numbers from 0 to ten million by token. */
    public Map<String, Integer> vocabulary(String key) {
        JsonNode node = root.path(key);
        if (!node.isObject()) {
            throw wrong(key, node, "a map from tokens to ids");
        }
        return new JsonConfig(file, node).vocabulary();
    }

    /** As {@link #vocabulary(String)}, of a file or an object that is nothing else. */
    public Map<String, Integer> vocabulary() {
        var ids = LinkedHashMap.<String, Integer>newLinkedHashMap(root.size());
        root.properties().forEach(entry -> {
            JsonNode id = entry.getValue();
            if (!isWhole(id, 0, LARGEST_ID)) {
                String found = "token " + CheckpointException.quote(entry.getKey()) + " with another id";
                throw new CheckpointException(file.toString(), found, "ids from 0 to 10000000", ADVICE);
            }
            ids.put(entry.getKey(), id.intValue());
        });
        return ids;
    }

    /** A token id: a whole number from 0 to ten million. */
    public int id(String key) {
        JsonNode node = root.path(key);
        if (!isWhole(node, 0, LARGEST_ID)) {
            throw wrong(key, node, "a token id");
        }
        return node.intValue();
    }

    /** A whole number from 1 to ten million. */
    public int count(String key) {
        JsonNode node = root.path(key);
        if (!isWhole(node, 1, LARGEST_COUNT)) {
            throw wrong(key, node, "a whole number from 1 to " + LARGEST_COUNT);
        }
        return node.intValue();
    }

    /** A size of a network: as {@link #count}, or {@code otherwise} if the key is absent. */
    public int sizeOr(String key, int otherwise) {
        return has(key) ? count(key) : otherwise;
    }

    /** A whole number from 0 to ten million, or {@code otherwise} if the key is absent. */
    public int countOr(String key, int otherwise) {
        JsonNode node = root.path(key);
        if (!has(key)) {
            return otherwise;
        }
        return isWhole(node, 0, 0) ? 0 : count(key);
    }

    private static boolean isWhole(JsonNode node, long least, long most) {
        return node.isIntegralNumber()
                && node.canConvertToLong()
                && node.longValue() >= least
                && node.longValue() <= most;
    }

    /** A finite number. */
    public double number(String key) {
        JsonNode node = root.path(key);
        if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
            throw wrong(key, node, "a number");
        }
        return node.doubleValue();
    }

    /** A finite number, or {@code otherwise} if the key is absent. */
    public double numberOr(String key, double otherwise) {
        return has(key) ? number(key) : otherwise;
    }

    /** A number or a text, as text. */
    public String scalar(String key) {
        JsonNode node = root.path(key);
        if (!node.isNumber() && !node.isString()) {
            throw wrong(key, node, "a number or a text");
        }
        return node.asString();
    }

    /** A text. */
    public String text(String key) {
        JsonNode node = root.path(key);
        if (!node.isString()) {
            throw wrong(key, node, "a text");
        }
        return node.stringValue();
    }

    /** A text, or {@code otherwise} if the key is absent. */
    public String textOr(String key, String otherwise) {
        return has(key) ? text(key) : otherwise;
    }

    /** The different texts of a list; none if the key is absent. */
    public Set<String> textsOr(String key) {
        JsonNode node = root.path(key);
        var texts = new LinkedHashSet<String>();
        if (has(key)) {
            for (JsonNode element : node) {
                if (!element.isString()) {
                    throw wrong(key, node, "a list of texts");
                }
                texts.add(element.stringValue());
            }
            if (!node.isArray()) {
                throw wrong(key, node, "a list of texts");
            }
        }
        return texts;
    }

    /** A list of 1 to 16 whole numbers from 1 to ten million. */
    public List<Integer> counts(String key) {
        JsonNode node = root.path(key);
        var list = new ArrayList<Integer>();
        for (JsonNode element : node) {
            if (!isWhole(element, 1, LARGEST_COUNT)) {
                throw wrong(key, node, "a list of whole numbers");
            }
            list.add(element.intValue());
        }
        if (!node.isArray() || list.isEmpty() || list.size() > 16) {
            throw wrong(key, node, "a list of 1 to 16 whole numbers");
        }
        return List.copyOf(list);
    }

    /** A list of 1 to 16 finite numbers. */
    public List<Double> numbers(String key) {
        JsonNode node = root.path(key);
        var list = new ArrayList<Double>();
        for (JsonNode element : node) {
            if (!element.isNumber() || !Double.isFinite(element.doubleValue())) {
                throw wrong(key, node, "a list of numbers");
            }
            list.add(element.doubleValue());
        }
        if (!node.isArray() || list.isEmpty() || list.size() > 16) {
            throw wrong(key, node, "a list of 1 to 16 numbers");
        }
        return List.copyOf(list);
    }

    /** The error for a value that parses but makes no sense. */
    public CheckpointException wrong(String key, String found, String expected) {
        return new CheckpointException(file.toString(), "'" + key + "' " + found, expected, ADVICE);
    }

    /** The error for a value that makes sense to other programs, and that nothing here computes. */
    public CheckpointException unsupported(String key, String found, String expected) {
        return new CheckpointException(
                file.toString(), "'" + key + "' " + found, expected, "nothing else is implemented for this family");
    }

    /** What stands at a key, shortened for a message. */
    public String shown(String key) {
        return shown(root.path(key));
    }

    private static String shown(JsonNode node) {
        return node.isMissingNode() ? "missing" : Excerpt.of(node.toString(), LONGEST_SHOWN);
    }

    private CheckpointException wrong(String key, JsonNode found, String expected) {
        return wrong(key, shown(found), expected);
    }
}
