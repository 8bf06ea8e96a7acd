package org.sjd4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Many prompts from a file. */
final class PromptFile {
    @Option(
            names = "--prompts",
            paramLabel = "FILE",
            description = "Prompts, one on each line; lines that begin with # are comments.")
    private @Nullable Path file;

    @Option(names = "--limit", paramLabel = "N", description = "Use the first N prompts only.")
    private int limit = Integer.MAX_VALUE;

    /** The largest number of prompts wanted. */
    int limit() {
        if (limit < 1) {
            throw new UserException("--limit is " + limit + ", expected 1 or more");
        }
        return limit;
    }

    /**
     * The prompts, at least one.
     *
     * @throws UserException if there is no such file, or no prompt in it
     */
    List<String> read() {
        if (file == null) {
            throw new UserException("--prompts is missing; name a text file with a prompt on each line");
        }
        List<String> prompts;
        try {
            prompts = Files.readAllLines(file).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .limit(limit())
                    .toList();
        } catch (IOException e) {
            throw new UserException("--prompts " + file + " cannot be read; name a text file in UTF-8", e);
        }
        if (prompts.isEmpty()) {
            throw new UserException("--prompts " + file + " has no prompt; write one on each line");
        }
        return prompts;
    }
}
