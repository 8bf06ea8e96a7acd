package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.sjd4j.training.DataParallel;
import org.sjd4j.training.Workers;

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

    /** Trains in this process as one of several workers would. */
    public static void train(List<String> arguments, Workers workers, int microBatches) {
        var console = new Console(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()), false);
        assertThatCode(() -> SharedTraining.train(arguments, console, new DataParallel(workers, microBatches)))
                .doesNotThrowAnyException();
    }
}
