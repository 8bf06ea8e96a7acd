package org.sjd4j.evaluation.run;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.sjd4j.io.NoTextException;
import org.sjd4j.io.TextFile;

/**
 * Files of prompts, told apart by the end of their name.
 *
 * <ul>
 *   <li>{@code .json}: COCO captions ({@code captions_val2017.json}); of each image the first caption with words
 *   <li>{@code .tsv}: Parti prompts, a table with the column {@code Prompt} and perhaps {@code Category}
 *   <li>everything else: text with a prompt on each line; empty lines and lines that begin with # do not count
 * </ul>
 */
public final class PromptSource {
    private PromptSource() {}

    /**
     * Reads a file.
     *
     * @param limit at most so many prompts, the first ones
     * @param warnings takes a line about what is left out
     * @return at least one prompt
     * @throws IllegalArgumentException if the file is missing, malformed or has no prompt; the message names the place
     */
    public static List<Prompt> read(Path file, int limit, Consumer<String> warnings) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        List<Prompt> prompts;
        try {
            if (name.endsWith(".json")) {
                prompts = CocoCaptions.read(file, warnings);
            } else if (name.endsWith(".tsv")) {
                prompts = PromptTable.read(file, warnings);
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
                .filter(line -> Prompt.hasWords(line) && !line.startsWith("#"))
                .map(Prompt::new)
                .toList();
    }
}
