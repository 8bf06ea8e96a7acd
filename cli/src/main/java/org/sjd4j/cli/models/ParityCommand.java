package org.sjd4j.cli.models;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sjd4j.cli.output.Version;
import org.sjd4j.options.Console;
import org.sjd4j.parity.Check;
import org.sjd4j.parity.MetricParity;
import org.sjd4j.parity.Parity;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/** Compares a checkpoint with the numbers of its official code. */
@Command(
        name = "parity",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Compares a checkpoint with the numbers that its official code gave (golden.safetensors in the same"
                        + " directory). Exit code 1 if a check fails.")
public final class ParityCommand implements Callable<Integer> {
    private static final String LINE = "%-4s  %-44s  %.1e  (at most %.0e)%n";

    private final Console console;

    @Parameters(paramLabel = "DIR", description = "A checkpoint directory with golden numbers.")
    private Path directory = Path.of("");

    @Option(
            names = "--image-tokenizer",
            paramLabel = "DIR",
            description = "Where the image tokenizer is. Default: inside the directory or beside it.")
    private @Nullable Path imageTokenizer;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    public ParityCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        var report = MetricParity.knows(directory) ? MetricParity.of(directory) : Parity.of(directory, imageTokenizer);
        var checks = report.checks();
        long failed = checks.stream().filter(check -> !check.passed()).count();
        if (json) {
            var object = new LinkedHashMap<String, Object>();
            object.put("directory", directory.toString());
            object.put("passed", failed == 0);
            object.put("checks", checks.stream().map(ParityCommand::json).toList());
            object.put("unread", report.unread());
            console.out().println(new JsonMapper().writeValueAsString(object));
        } else {
            checks.forEach(check -> console.out()
                    .printf(
                            Locale.ROOT,
                            LINE,
                            check.passed() ? "ok" : "FAIL",
                            Console.oneLine(check.name()),
                            check.error(),
                            check.tolerance()));
            report.unread()
                    .forEach((name, reason) ->
                            console.out().printf("%-4s  %s: %s%n", "-", Console.oneLine(name), reason));
            console.out().printf("%s of %s checks passed%n", checks.size() - failed, checks.size());
        }
        console.out().flush();
        return failed == 0 ? 0 : 1;
    }

    private static LinkedHashMap<String, Object> json(Check check) {
        var object = new LinkedHashMap<String, Object>();
        object.put("name", check.name());
        object.put("error", Double.isFinite(check.error()) ? check.error() : "infinite");
        object.put("tolerance", check.tolerance());
        object.put("passed", check.passed());
        return object;
    }
}
