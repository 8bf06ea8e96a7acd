package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.sjd4j.options.Console;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs commands in this process, or in one of their own. */
final class Cli {
    private static final JsonMapper JSON = new JsonMapper();

    private Cli() {}

    /**
     * What a command did.
     *
     * @param code exit code
     * @param out standard output
     * @param err standard error
     */
    record Result(int code, String out, String err) {
        JsonNode json() {
            return JSON.readTree(out);
        }

        /** Expects a clean end. */
        Result succeeded() {
            assertThat(code).as(err).isZero();
            return this;
        }

        /** Expects one line about a mistake of the user's that contains all of these, and no output. */
        void refused(String... parts) {
            assertThat(err).startsWith("sjd: ").contains(parts).endsWith("\n").doesNotContain("\tat ");
            assertThat(err.lines()).as(err).hasSize(1);
            assertThat(out).isEmpty();
            assertThat(code).isEqualTo(2);
        }
    }

    static Result run(String... arguments) {
        return run(false, arguments);
    }

    static Result run(boolean terminal, String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        var console = new Console(new PrintWriter(out), new PrintWriter(err), terminal);
        int code = Sjd.commandLine(console, arguments).execute(arguments);
        return new Result(code, out.toString(), err.toString());
    }

    static Result run(List<String> arguments, String... more) {
        var all = new ArrayList<>(arguments);
        all.addAll(List.of(more));
        return run(all.toArray(String[]::new));
    }

    /**
     * A command in a JVM of its own, not yet started; its standard error goes into its standard output.
     *
     * @param options of the JVM
     */
    static ProcessBuilder process(List<String> options, List<String> arguments) {
        return process(Main.class, options, arguments);
    }

    /** As {@link #process(List, List)}, with a gate before the model. */
    static ProcessBuilder process(GatedMain.Gate gate, List<String> arguments) {
        return process(GatedMain.class, gate.options(), arguments);
    }

    private static ProcessBuilder process(Class<?> main, List<String> options, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectErrorStream(true);
    }
}
