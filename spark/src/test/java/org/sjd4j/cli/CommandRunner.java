package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;

/** Runs {@code sjd} commands in this process, to compare with. */
public final class CommandRunner {
    private CommandRunner() {}

    /** Runs a command that must succeed. */
    public static void run(String... arguments) {
        var err = new StringWriter();
        var console = new Console(new PrintWriter(new StringWriter()), new PrintWriter(err), false);
        assertThat(Sjd.commandLine(console).execute(arguments))
                .as(err.toString())
                .isZero();
    }
}
