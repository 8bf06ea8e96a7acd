package org.sjd4j.cli.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import org.sjd4j.cli.output.Outputs;
import org.sjd4j.cli.output.Version;
import org.sjd4j.evaluation.Measurement;
import org.sjd4j.evaluation.metric.LikelihoodMetric;
import org.sjd4j.evaluation.report.EvaluationReport;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.options.Console;
import org.sjd4j.options.GenerationOptions;
import org.sjd4j.options.MetricOptions;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.options.Progress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Generates many prompts by several decoders into a directory, and measures the images. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Generates many prompts by several decoders into a directory and sums up steps, seconds, memory and"
                        + " quality in summary.md, .csv and .json and, with plots and images, in report.html. A stopped evaluation goes on where it was: run the same command again.")
public final class EvaluateCommand implements Callable<Integer> {
    private final Console console;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            required = true,
            description = "Directory of the evaluation and its report.html.")
    private String out = "";

    @Mixin
    private final PromptFile promptFile = new PromptFile();

    @Option(
            names = "--decoders",
            paramLabel = "A,B,C",
            defaultValue = "all",
            description = "Decoders, or 'all'. One may have settings of its own, such as"
                    + " sjd2-exact:window=32,denoising-steps=2. ar is always there. Default: ${DEFAULT-VALUE}")
    private String decoders = "all";

    @Option(
            names = {"--images", "--pictures"},
            paramLabel = "N",
            defaultValue = "1",
            description = "Images of each prompt by each decoder. Default: ${DEFAULT-VALUE}")
    private int images = 1;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of the first image; the others follow, each has its own. Default: ${DEFAULT-VALUE}")
    private long seed = 1;

    @Option(
            names = "--likelihood",
            description =
                    "Add how probable the images' tokens are for the model. It takes one more pass for each image.")
    private boolean likelihood;

    @Option(names = "--force", description = "Delete another evaluation in the directory and begin anew.")
    private boolean force;

    @Option(names = "--json", description = "Print JSON instead of Markdown.")
    private boolean json;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    @Mixin
    private final MetricOptions metricOptions = new MetricOptions();

    @Mixin
    private final ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private final GenerationOptions generation = new GenerationOptions();

    public EvaluateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        metricOptions.check();
        Path directory = Outputs.directory("--out", out);
        var prompts = promptFile.read(console);
        var run = new EvaluationRun(console, modelOptions);
        var plan = run.plan(prompts, images, seed, decoders, generation);
        metricOptions.rehearse(console, modelOptions.entry().name(), directory);
        Measurement measurement;
        Path report = directory.resolve(EvaluationReport.FILE);
        try (var evaluation = run.open(directory, plan, force)) {
            run.generate(evaluation);
            var figures = summarise(run, evaluation);
            run.report(evaluation, figures, report);
            measurement = figures.measurement();
        } finally {
            Progress.clear(console);
        }
        console.out().print(json ? measurement.json() : measurement.markdown() + "\nreport: " + report + "\n");
        console.out().flush();
        return 0;
    }

    private EvaluationRun.Figures summarise(EvaluationRun run, Evaluation evaluation) {
        String model = modelOptions.entry().name();
        try (var panel = metricOptions.open(console, evaluation, model, modelOptions.device());
                var probable = new LikelihoodMetric(evaluation, run::load)) {
            var metrics = new ArrayList<>(panel.metrics());
            if (likelihood) {
                metrics.add(probable);
            }
            return run.summarise(evaluation, metrics, panel.scorer());
        }
    }
}
