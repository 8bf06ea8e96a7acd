package org.sjd4j.training.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.sjd4j.checkpoint.JsonFault;
import org.sjd4j.io.NoTextException;
import org.sjd4j.io.TableText;
import org.sjd4j.io.TextFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The list of captions of a folder, as JSON lines or as comma-separated values, in UTF-8. */
final class CaptionFile {
    private static final String JSON_LINES = "captions.jsonl";
    private static final String CSV = "captions.csv";
    private static final JsonMapper JSON = JsonMapper.shared();

    private CaptionFile() {}

    /**
     * One line of the list.
     *
     * @param place the list's path and the line, for messages
     * @param file the image, as written
     * @param caption its caption, stripped, not empty
     */
    record Entry(String place, String file, String caption) {}

    /**
     * Reads the list of a folder.
     *
     * @throws IllegalArgumentException if there is none, or two, or if a line of it is bad
     * @throws IOException if it cannot be read
     */
    static List<Entry> read(Path folder) throws IOException {
        var jsonLines = folder.resolve(JSON_LINES);
        var csv = folder.resolve(CSV);
        if (Files.exists(jsonLines) == Files.exists(csv)) {
            throw new IllegalArgumentException(folder + " should hold either " + JSON_LINES + " or " + CSV
                    + ", but holds " + (Files.exists(csv) ? "both" : "neither"));
        }
        var list = Files.exists(csv) ? csv : jsonLines;
        var text = text(list);
        var entries = list.equals(csv) ? csv(list, text) : jsonLines(list, text);
        if (entries.isEmpty()) {
            throw new IllegalArgumentException(list + " names no image");
        }
        return entries;
    }

    private static String text(Path list) throws IOException {
        try {
            return TextFile.read(list);
        } catch (NoTextException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static List<Entry> jsonLines(Path list, String text) {
        var entries = new ArrayList<Entry>();
        var lines = text.lines().toList();
        for (var i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                var place = list + ", line " + (i + 1);
                var json = json(place, lines.get(i));
                entries.add(entry(place, string(place, json, "file"), string(place, json, "caption")));
            }
        }
        return entries;
    }

    private static JsonNode json(String place, String line) {
        try {
            return JSON.readTree(line);
        } catch (JacksonException e) {
            var fault = JsonFault.of(line);
            throw new IllegalArgumentException(
                    "%s: this is not JSON: found %s in column %s".formatted(place, fault.what(), fault.column()), e);
        }
    }

    private static String string(String place, JsonNode json, String field) {
        var value = json.get(field);
        if (value == null || !value.isString()) {
            throw new IllegalArgumentException(place
                    + ": expected {\"file\": \"...\", \"caption\": \"...\"}, but there is no text \"" + field + "\"");
        }
        return value.stringValue();
    }

    private static List<Entry> csv(Path list, String text) {
        var entries = new ArrayList<Entry>();
        for (var row : TableText.commas(text, list.toString())) {
            if (row.cells().size() != 2) {
                throw new IllegalArgumentException(row.place()
                        + ": expected two fields, file,caption, but found "
                        + row.cells().size()
                        + "; a caption with a comma needs quotes");
            }
            if (entries.isEmpty() && row.cells().equals(List.of("file", "caption"))) {
                continue;
            }
            entries.add(entry(row.place(), row.cells().getFirst(), row.cells().getLast()));
        }
        return entries;
    }

    private static Entry entry(String place, String file, String caption) {
        if (file.isBlank() || caption.isBlank()) {
            throw new IllegalArgumentException(
                    place + ": the " + (file.isBlank() ? "file" : "caption") + " should not be empty");
        }
        return new Entry(place, file.strip(), caption.strip());
    }
}
