package org.sjd4j.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import org.sjd4j.io.NoTextException;
import org.sjd4j.io.TextFile;
import org.sjd4j.tensor.CheckpointException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON files of checkpoints. */
public final class JsonFile {
    private static final JsonMapper JSON = new JsonMapper();

    private JsonFile() {}

    /**
     * Reads a file.
     *
     * @param expected what it should be, for messages
     * @param advice what to do if it is not, for messages
     * @throws CheckpointException if it is missing or not readable, or no JSON; then the message says why not, and where
     */
    public static JsonNode read(Path file, String expected, String advice) {
        CheckpointFile.requireText(file, expected);
        String text;
        try {
            text = TextFile.read(file);
        } catch (NoTextException e) {
            throw new CheckpointException(file.toString(), e.found(), expected + " in UTF-8", advice, e);
        } catch (IOException e) {
            throw new CheckpointException(file.toString(), "a file that cannot be read", expected, advice, e);
        }
        try {
            return JSON.readTree(text);
        } catch (JacksonException e) {
            throw new CheckpointException(
                    file.toString(), "no readable JSON: " + JsonFault.of(text), expected, advice, e);
        }
    }
}
