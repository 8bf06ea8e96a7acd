package org.sjd4j.evaluation.run;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.sjd4j.io.NoTextException;
import org.sjd4j.io.TextFile;
import org.sjd4j.tensor.JsonFault;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Files of prompts, told apart by the end of their name.
 *
 * <ul>
 *   <li>{@code .json}: COCO captions ({@code captions_val2017.json}); of each picture the first caption, in the order of
 *       the annotations
 *   <li>{@code .tsv}: Parti prompts, a table with the column {@code Prompt} and perhaps {@code Category}
 *   <li>everything else: text with a prompt on each line; empty lines and lines that begin with # do not count
 * </ul>
 */
public final class PromptSource {
    private static final JsonMapper JSON = new JsonMapper();

    private PromptSource() {}

    /**
     * Reads a file.
     *
     * @param limit at most so many prompts, the first ones
     * @return at least one prompt
     * @throws IllegalArgumentException if the file is missing, malformed or has no prompt; the message names the place
     */
    public static List<Prompt> read(Path file, int limit) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        List<Prompt> prompts;
        try {
            if (name.endsWith(".json")) {
                prompts = coco(file);
            } else if (name.endsWith(".tsv")) {
                prompts = parti(file);
            } else if (name.endsWith(".csv")) {
                throw new IllegalArgumentException(file
                        + " is a .csv; expected captions of COCO as .json, a table as .tsv, or a text file with a prompt on"
                        + " each line");
            } else {
                prompts = text(TextFile.lines(file).stream());
            }
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(
                    "there is no file " + file + "; name captions as .json, a table as .tsv, or a text file", e);
        } catch (NoTextException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        } catch (IOException e) {
            throw new IllegalArgumentException(file + " cannot be read; name a file of prompts in UTF-8", e);
        }
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException(file + " has no prompt; write one on each line");
        }
        return List.copyOf(prompts.subList(0, Math.min(limit, prompts.size())));
    }

    /** Prompts from lines of text. */
    public static List<Prompt> text(BufferedReader reader) {
        return text(reader.lines());
    }

    private static List<Prompt> text(Stream<String> lines) {
        return lines.map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .map(Prompt::new)
                .toList();
    }

    private static List<Prompt> coco(Path file) throws IOException {
        String json = TextFile.read(file);
        JsonNode annotations;
        try {
            annotations = JSON.readTree(json).path("annotations");
        } catch (JacksonException e) {
            throw new IllegalArgumentException(file + " is no readable JSON: " + JsonFault.of(json), e);
        }
        if (!annotations.isArray()) {
            throw new IllegalArgumentException(
                    file + " has no list 'annotations'; name a captions file of COCO, such as captions_val2017.json");
        }
        var first = new LinkedHashMap<Long, Prompt>();
        int index = 0;
        for (JsonNode annotation : annotations) {
            var picture = annotation.path("image_id");
            var caption = annotation.path("caption");
            if (!picture.isIntegralNumber()
                    || !caption.isString()
                    || caption.asString().isBlank()) {
                throw new IllegalArgumentException(
                        "%s: annotation %s should have a whole 'image_id' and a 'caption' with words"
                                .formatted(file, index));
            }
            first.putIfAbsent(picture.asLong(), new Prompt(caption.asString().strip()));
            index++;
        }
        return List.copyOf(first.values());
    }

    private static List<Prompt> parti(Path file) throws IOException {
        var lines = TextFile.lines(file);
        var heading =
                lines.isEmpty() ? List.<String>of() : cells(lines.getFirst().toLowerCase(Locale.ROOT));
        int text = heading.indexOf("prompt");
        int category = heading.indexOf("category");
        if (text < 0) {
            throw new IllegalArgumentException(
                    file + " has no column 'Prompt' in its first line; separate columns by tabs, as PartiPrompts does");
        }
        var prompts = new ArrayList<Prompt>();
        for (int i = 1; i < lines.size(); i++) {
            if (lines.get(i).isBlank()) {
                continue;
            }
            var cells = cells(lines.get(i));
            if (cells.size() <= text || cells.get(text).isEmpty()) {
                throw new IllegalArgumentException("%s: line %s has no prompt".formatted(file, i + 1));
            }
            prompts.add(
                    new Prompt(cells.get(text), category >= 0 && category < cells.size() ? cells.get(category) : ""));
        }
        return prompts;
    }

    /** The cells of a line; quotes around one are dropped. */
    private static List<String> cells(String line) {
        var cells = new ArrayList<String>();
        for (String cell : line.split("\t", -1)) {
            String plain = cell.strip();
            boolean quoted = plain.length() > 1 && plain.startsWith("\"") && plain.endsWith("\"");
            cells.add(quoted ? plain.substring(1, plain.length() - 1).replace("\"\"", "\"") : plain);
        }
        return cells;
    }
}
