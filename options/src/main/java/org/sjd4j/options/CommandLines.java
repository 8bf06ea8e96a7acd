package org.sjd4j.options;

import java.io.UncheckedIOException;
import java.util.List;
import org.sjd4j.io.UserFolders;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.RunLast;

/** What all command lines of this project have in common. */
public final class CommandLines {
    private CommandLines() {}

    /**
     * Sets where a command line writes, how it reads arguments, and that a failure becomes one line and an exit code.
     *
     * @param line with all its subcommands
     * @param users failures that are the user's, besides those of the engine, of training and of evaluation
     */
    public static CommandLine configured(
            CommandLine line, Console console, List<Class<? extends RuntimeException>> users) {
        var failures = new Failures(console, users);
        line.setOut(console.out());
        line.setErr(console.err());
        line.setExpandAtFiles(false); // a prompt may begin with @
        line.setCaseInsensitiveEnumValuesAllowed(true);
        Converters.registerNumbers(line);
        line.setExecutionStrategy(arguments -> {
            try {
                Integer helped = CommandLine.executeHelpRequest(arguments);
                if (helped != null) {
                    return helped;
                }
                UserFolders.requireHome();
                return new RunLast().execute(arguments);
            } catch (Error | UncheckedIOException e) {
                throw new ExecutionException(line, "fatal", e);
            }
        });
        line.setParameterExceptionHandler(failures::ofArguments);
        line.setExecutionExceptionHandler((failure, _, arguments) -> failures.of(failure, arguments));
        return line;
    }
}
