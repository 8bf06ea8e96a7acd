package org.sjd4j.cli;

import org.sjd4j.decode.Decoders;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.RunLast;

/** The command without a subcommand. */
@Command(
        name = "sjd",
        description = "Pictures from prompts by autoregressive models, several times faster than one token at a time.",
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Try: sjd generate \"red apple, noto style\" --out apple.png"})
final class Sjd implements Runnable {
    private Sjd() {}

    /** The whole command line: this is where a command registers. */
    static CommandLine commandLine(Console console) {
        var line = new CommandLine(new Sjd());
        var generate = new CommandLine(new GenerateCommand(console));
        generate.getCommandSpec().usageMessage().footer(decoders());
        line.addSubcommand(generate);
        line.addSubcommand(new ShowCommand(console));
        line.addSubcommand(new ModelsCommand(console));
        line.addSubcommand(new DoctorCommand(console));
        var failures = new Failures(console);
        line.setOut(console.out());
        line.setErr(console.err());
        line.setExpandAtFiles(false); // a prompt may begin with @
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionStrategy(arguments -> {
            try {
                return new RunLast().execute(arguments);
            } catch (Error e) {
                throw new ExecutionException(line, "fatal", e);
            }
        });
        line.setParameterExceptionHandler(failures::ofArguments);
        line.setExecutionExceptionHandler((failure, _, arguments) -> failures.of(failure, arguments));
        return line;
    }

    private static String[] decoders() {
        return Decoders.all().stream()
                .map(decoder -> "  %s  %s".formatted(padded(decoder.name()), decoder.description()))
                .toArray(String[]::new);
    }

    private static String padded(String name) {
        return name + " ".repeat(Math.max(0, 12 - name.length()));
    }

    @Override
    public void run() {
        throw new UserException("say what to do, such as: sjd generate \"red apple, noto style\"; see sjd --help");
    }
}
