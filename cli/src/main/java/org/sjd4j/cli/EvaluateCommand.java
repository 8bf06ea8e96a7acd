package org.sjd4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.checkpoint.Fingerprint;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.evaluation.Conditions;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Measurement;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.report.EvaluationReport;
import org.sjd4j.evaluation.run.DenoisingTable;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.EvaluationPlan;
import org.sjd4j.evaluation.run.MetricResults;
import org.sjd4j.evaluation.run.Prompt;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.options.Console;
import org.sjd4j.options.GenerationOptions;
import org.sjd4j.options.MetricOptions;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.options.Progress;
import org.sjd4j.options.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Generates many prompts by several decoders into a directory, and judges the images. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Generates many prompts by several decoders into a directory and sums up steps, seconds, memory and"
                        + " quality in summary.md, .csv and .json and, with plots and images, in report.html. A stopped evaluation goes on where it was: run the same command again.")
final class EvaluateCommand implements Callable<Integer> {
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
            names = "--pictures",
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

    EvaluateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        metricOptions.check();
        Path directory = Outputs.directory("--out", out);
        var prompts = promptFile.read(console);
        var description = modelOptions.description();
        var plan = plan(description, prompts);
        metricOptions.rehearse(console, modelOptions.entry().name(), directory);
        EvaluationOptions.warnOfWords(
                console, description, prompts.stream().map(Prompt::text).toList());
        Measurement measurement;
        Path report;
        try (var evaluation = Evaluation.open(directory, plan, identity(description), force)) {
            if (!evaluation.complete()) {
                generate(evaluation, description);
            }
            evaluation.leftOut().forEach((label, reason) -> console.warning("left out " + label + ": " + reason));
            measurement = summarise(evaluation, description);
            report = evaluation.path(EvaluationReport.FILE);
        } finally {
            Progress.clear(console);
        }
        console.out().print(json ? measurement.json() : measurement.markdown() + "\nreport: " + report + "\n");
        console.out().flush();
        return 0;
    }

    private Measurement summarise(Evaluation evaluation, ModelDescription description) {
        var progress = new Progress.OfHours(console);
        try (var panel =
                metricOptions.open(console, evaluation, modelOptions.entry().name())) {
            var metrics = new MetricResults(
                    evaluation,
                    panel.metrics(),
                    (heading, decoder) -> progress.say(heading + " of the images of " + decoder));
            var summaries = evaluation.summaries(metrics);
            metrics.warnings().forEach(console::warning);
            var size = description.sizes().getFirst();
            var further = new ArrayList<Table>();
            DenoisingTable.of(evaluation).ifPresent(further::add);
            if (panel.scorer() != null) {
                var shown = new EmojiCheck(panel.scorer()).table(console, evaluation, size.width());
                if (shown != null) {
                    further.add(shown);
                }
            }
            var conditions = Conditions.ofMachine();
            panel.metrics().forEach(metric -> conditions.put(metric.key(), metric.description()));
            var measurement = evaluation.summarise(conditions, summaries, further);
            Progress.say(console, "writing the report");
            EvaluationReport.write(evaluation, measurement, summaries, description.layout(size));
            return measurement;
        }
    }

    private EvaluationPlan plan(ModelDescription description, List<Prompt> prompts) {
        var defaults = modelOptions.defaults(description);
        try {
            var choices = DecoderChoice.parse(decoders, generation.settings(defaults));
            return new EvaluationPlan(prompts, images, seed, choices, generation.sampling(defaults));
        } catch (IllegalArgumentException e) {
            throw new UserException(String.valueOf(e.getMessage()), e);
        }
    }

    /** What the images depend on, the weights by their content: a model may be trained on in the same directory. */
    private SequencedMap<String, String> identity(ModelDescription description) {
        var identity = new LinkedHashMap<String, String>();
        var parts = modelOptions.parts();
        identity.put("model", modelOptions.entry().name());
        identity.put("weights", Fingerprint.of(description.weightsFile()));
        identity.put("image_tokenizer", orOwn(parts.imageTokenizer()));
        identity.put("image_tokenizer_weights", Fingerprint.of(description.imageTokenizerFile()));
        identity.put("adapter", orOwn(parts.adapter()));
        identity.put("adapter_weights", TunedFile.adapter(modelOptions, description));
        identity.put("device", modelOptions.device().toString());
        identity.put("dtype", modelOptions.precision(description).toString());
        return identity;
    }

    private static String orOwn(@Nullable String part) {
        return part == null ? "the model's own" : part;
    }

    private void generate(Evaluation evaluation, ModelDescription description) {
        Progress.say(console, "loading the model");
        var progress = new Progress.OfHours(console);
        try (var model = modelOptions.load(description)) {
            evaluation.generate(
                    new Generation(model, modelOptions.entry().name(), modelOptions.parts()),
                    (done, all, left) ->
                            progress.say("%s of %s images, %s left".formatted(done, all, Progress.duration(left))));
        }
    }

    private record Generation(TextToImage model, String name, Recipe.Parts parts) implements Evaluation.Generator {
        @Override
        public GeneratedImage generate(Request request, StepObserver observer) {
            return model.generate(request, observer);
        }

        @Override
        public Recipe recipe(Request request) {
            return new Recipe(name, parts, model.precision(), request);
        }
    }
}
