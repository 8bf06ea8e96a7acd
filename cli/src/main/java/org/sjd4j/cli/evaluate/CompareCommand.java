package org.sjd4j.cli.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sjd4j.cli.output.Outputs;
import org.sjd4j.cli.output.Version;
import org.sjd4j.evaluation.Json;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.EvaluationPlan;
import org.sjd4j.evaluation.run.Prompt;
import org.sjd4j.io.ScratchFolder;
import org.sjd4j.options.Console;
import org.sjd4j.options.GenerationOptions;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.options.Progress;
import org.sjd4j.options.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A small evaluation of prompts on the command line, of which only the figures and the report stay. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Runs decoders side by side on the same prompts and seeds: steps, compression, seconds, and"
                + " whether the images are those of ar. It is a small 'sjd evaluate' that keeps no directory.")
public final class CompareCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(arity = "1..*", paramLabel = "PROMPT", description = "What the images show, each in quotes.")
    private List<String> prompts = List.of();

    @Option(
            names = "--decoders",
            paramLabel = "A,B,C",
            defaultValue = "ar,sjd,sjd-exact,sjd2-exact",
            description = "Decoders, or 'all'. One may have settings of its own, such as"
                    + " sjd2-exact:window=32,denoising-steps=2. ar is always there. Default: ${DEFAULT-VALUE}")
    private String decoders = "ar,sjd,sjd-exact,sjd2-exact";

    @Option(
            names = "--seeds",
            paramLabel = "FROM..TO",
            defaultValue = "1..3",
            description = "Seeds of the first prompt; as many for each of the others follow. Default: ${DEFAULT-VALUE}")
    private String seeds = "1..3";

    @Option(names = "--json", description = "Print one JSON object, nothing else.")
    private boolean json;

    @Option(names = "--tokens", description = "With --json, include the image tokens.")
    private boolean tokens;

    @Option(
            names = "--report",
            paramLabel = "FILE.html",
            description = "Also write a report with plots and the images next to each other.")
    private @Nullable String report;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    @Mixin
    private final ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private final GenerationOptions generation = new GenerationOptions();

    public CompareCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (prompts.stream().anyMatch(String::isBlank)) {
            throw new UserException("a prompt is empty; say what the image shows, such as \"red apple, noto style\"");
        }
        Path file = report == null ? null : Outputs.file("--report", report);
        var range = Seeds.of(seeds);
        var run = new EvaluationRun(console, modelOptions);
        var plan = run.plan(
                prompts.stream().map(Prompt::new).toList(), range.count(), range.first(), decoders, generation);
        console.out().print(text(run, plan, file));
        console.out().flush();
        return 0;
    }

    private String text(EvaluationRun run, EvaluationPlan plan, @Nullable Path file) {
        try (var folder = ScratchFolder.make();
                var evaluation = run.open(folder.path(), plan, false)) {
            run.generate(evaluation);
            var figures = run.summarise(evaluation, List.of(), null);
            if (file != null) {
                run.report(evaluation, figures, file);
            }
            if (json) {
                var data = figures.measurement().data();
                data.put("images", images(evaluation));
                return Json.text(data);
            }
            String table = figures.measurement().tables().getFirst().markdown();
            return file == null ? table : table + "\nreport: " + file + "\n";
        } finally {
            Progress.clear(console);
        }
    }

    private List<?> images(Evaluation evaluation) {
        if (!tokens) {
            return evaluation.images();
        }
        var lines = new ArrayList<Object>();
        evaluation.lines(lines::add);
        return lines;
    }
}
