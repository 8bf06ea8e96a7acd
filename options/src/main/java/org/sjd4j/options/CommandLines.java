package org.sjd4j.options;

import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.sjd4j.io.UserFolders;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.RunLast;

/** What all command lines of this project have in common. */
public final class CommandLines {
    /** Names of options before December 2026. They are still read, and the help does not show them. */
    private static final Set<String> FORMER_NAMES = Set.of("--pictures", "--pictures-per-task");

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
        line.setHelpFactory((command, colours) -> new Help(command, colours) {
            @Override
            public IOptionRenderer createDefaultOptionRenderer() {
                var renderer = super.createDefaultOptionRenderer();
                return (option, label, scheme) -> renderer.render(current(option), label, scheme);
            }
        });
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

    private static OptionSpec current(OptionSpec option) {
        return OptionSpec.builder(option)
                .names(Arrays.stream(option.names())
                        .filter(name -> !FORMER_NAMES.contains(name))
                        .toArray(String[]::new))
                .build();
    }
}
