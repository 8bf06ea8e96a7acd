package org.sjd4j.cli.evaluate;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.evaluation.run.Prompt;
import org.sjd4j.evaluation.run.PromptSource;
import org.sjd4j.options.Console;
import org.sjd4j.options.UserException;
import picocli.CommandLine.Option;

/** Many prompts from a file, or from the captions of the bundled model's data set. */
final class PromptFile {
    @Option(
            names = "--prompts",
            paramLabel = "FILE|held-out|trained|free|attributes",
            defaultValue = "held-out",
            description =
                    "Prompts: a text file with one on each line (# begins a comment), COCO captions (.json), Parti"
                            + " prompts (.tsv), or captions of the bundled model's data set. Default: ${DEFAULT-VALUE}")
    private String source = "held-out";

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
     * @param console takes warnings of what is left out
     * @throws UserException if there is no such file, or no prompt in it
     */
    List<Prompt> read(Console console) {
        if (BundledModel.promptLists().contains(source)) {
            return PromptSource.text(BundledModel.prompts(source)).stream()
                    .limit(limit())
                    .toList();
        }
        try {
            return PromptSource.read(Path.of(source), limit(), console::warning);
        } catch (InvalidPathException e) {
            throw new UserException("--prompts: '" + source + "' is no file name: " + e.getReason(), e);
        } catch (IllegalArgumentException e) {
            throw new UserException("--prompts: " + e.getMessage(), e);
        }
    }

    /** The prompts' texts. */
    List<String> texts(Console console) {
        return read(console).stream().map(Prompt::text).toList();
    }
}
