package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;
import org.sjd4j.options.Console;

/** Runs {@code sjd} commands in this process, to compare with. */
public final class CommandRunner {
    private CommandRunner() {}

    /** Runs a command that must succeed. */
    public static void run(String... arguments) {
        var err = new StringWriter();
        var console = new Console(new PrintWriter(new StringWriter()), new PrintWriter(err), false);
        assertThat(Sjd.commandLine(console, arguments).execute(arguments))
                .as(err.toString())
                .isZero();
    }

    /** Trains in this process. */
    public static void train(List<String> arguments, String... more) {
        run(Stream.of(Stream.of("train"), arguments.stream(), Stream.of(more))
                .flatMap(words -> words)
                .toArray(String[]::new));
    }
}
