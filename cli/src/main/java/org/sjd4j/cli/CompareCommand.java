package org.sjd4j.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sjd4j.evaluation.Comparison;
import org.sjd4j.evaluation.ComparisonReport;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Plan;
import org.sjd4j.evaluation.report.HtmlReport;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.options.Console;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.options.Progress;
import org.sjd4j.options.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs decoders side by side. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Runs decoders side by side on the same prompts and seeds: steps, compression, seconds, and"
                + " whether the images are those of ar.")
final class CompareCommand implements Callable<Integer> {
    private static final String DECODERS = "ar,sjd,sjd-exact,sjd2-exact";

    private final Console console;

    @Parameters(arity = "1..*", paramLabel = "PROMPT", description = "What the images show, each in quotes.")
    private List<String> prompts = List.of();

    @Option(names = "--json", description = "Print one JSON object, nothing else.")
    private boolean json;

    @Option(names = "--tokens", description = "With --json, include the image tokens.")
    private boolean tokens;

    @Option(
            names = "--report",
            paramLabel = "FILE.html",
            description = "Also write a report with plots and the images next to each other.")
    private @Nullable Path report;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    @Mixin
    private final ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private final EvaluationOptions options = new EvaluationOptions();

    CompareCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (prompts.stream().anyMatch(String::isBlank)) {
            throw new UserException("a prompt is empty; say what the image shows, such as \"red apple, noto style\"");
        }
        if (report != null) {
            requireFile(report);
        }
        var entry = modelOptions.entry();
        var description = modelOptions.description();
        Plan plan = options.plan(
                modelOptions.defaults(description), prompts, settings -> DecoderChoice.parse(DECODERS, settings));
        EvaluationOptions.warnOfWords(console, description, prompts);
        Comparison comparison = run(description, plan);
        comparison.skipped().forEach((label, reason) -> console.warning("left out " + label + ": " + reason));
        if (report != null) {
            AtomicFile.write(report, HtmlReport.of(entry.name(), comparison).getBytes(StandardCharsets.UTF_8));
        }
        console.out().print(json ? ComparisonReport.json(entry.name(), comparison, tokens) : text(comparison));
        console.out().flush();
        return 0;
    }

    private Comparison run(ModelDescription description, Plan plan) {
        Progress.say(console, "loading the model");
        try (var model = modelOptions.load(description)) {
            return Comparison.run(
                    model::generate,
                    plan,
                    report != null,
                    (done, all) -> Progress.say(console, "%s of %s images".formatted(done, all)));
        } finally {
            Progress.clear(console);
        }
    }

    private String text(Comparison comparison) {
        var plan = comparison.plan();
        String title = "%s prompt(s), %s seed(s) each"
                .formatted(plan.prompts().size(), plan.seeds().size());
        String table = ComparisonReport.table(title, comparison.summaries()).markdown();
        return report == null ? table : table + "\nreport: " + report + "\n";
    }

    private static void requireFile(Path file) {
        if (Files.isDirectory(file)) {
            throw new UserException("--report: " + file + " is a directory; name a file, such as report.html");
        }
        EvaluationOptions.requireWritable(
                "--report", file.toAbsolutePath().resolveSibling(".").normalize());
    }
}
