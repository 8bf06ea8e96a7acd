package org.sjd4j.cli.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.TextToImage;
import org.sjd4j.checkpoint.Fingerprint;
import org.sjd4j.cli.output.TunedFile;
import org.sjd4j.evaluation.Conditions;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Measurement;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.metric.ImageMetric;
import org.sjd4j.evaluation.metric.MetricResults;
import org.sjd4j.evaluation.report.EvaluationReport;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.EvaluationPlan;
import org.sjd4j.evaluation.run.ModelGenerator;
import org.sjd4j.evaluation.run.Prompt;
import org.sjd4j.evaluation.run.ProposalTable;
import org.sjd4j.evaluation.run.Summary;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.metrics.TextImageMetric;
import org.sjd4j.options.Console;
import org.sjd4j.options.GenerationOptions;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.options.Progress;
import org.sjd4j.options.UserException;

/** An evaluation of the model that the options name, from the plan to the report. */
final class EvaluationRun {
    private final Console console;
    private final ModelOptions modelOptions;
    private final ModelDescription description;

    EvaluationRun(Console console, ModelOptions modelOptions) {
        this.console = console;
        this.modelOptions = modelOptions;
        this.description = modelOptions.description();
    }

    /**
     * What to generate; what is not given is as the model recommends.
     *
     * @param decoders as {@link DecoderChoice#parse} reads them
     * @throws UserException if this is not possible
     */
    EvaluationPlan plan(
            List<Prompt> prompts, int imagesPerPrompt, long firstSeed, String decoders, GenerationOptions options) {
        var defaults = modelOptions.defaults(description);
        try {
            var choices = DecoderChoice.parse(decoders, options.settings(defaults));
            return new EvaluationPlan(prompts, imagesPerPrompt, firstSeed, choices, options.sampling(defaults));
        } catch (IllegalArgumentException e) {
            throw new UserException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Opens a directory as {@link Evaluation#open} does, and says which words of the prompts the model never saw. */
    Evaluation open(Path directory, EvaluationPlan plan, boolean anew) {
        UnknownWords.warn(
                console, description, plan.prompts().stream().map(Prompt::text).toList());
        return Evaluation.open(directory, plan, identity(), anew);
    }

    /** What the images depend on, the weights by their content: a model may be trained on in the same directory. */
    private SequencedMap<String, String> identity() {
        var identity = new LinkedHashMap<String, String>();
        var parts = modelOptions.parts();
        identity.put("model", modelOptions.entry().name());
        identity.put("weights", Fingerprint.of(description.weightsFile()));
        identity.put("image_tokenizer", orOwn(parts.imageTokenizer()));
        identity.put("image_tokenizer_weights", Fingerprint.of(description.imageTokenizerFile()));
        identity.put("adapter", orOwn(parts.adapter()));
        identity.put("adapter_weights", TunedFile.adapter(modelOptions, description));
        var load = modelOptions.loadOptions(description);
        identity.put("device", load.device().toString());
        identity.put("dtype", load.precision().toString());
        if (load.passRows() > 0) {
            identity.put("pass_rows", Integer.toString(load.passRows()));
        }
        return identity;
    }

    private static String orOwn(@Nullable String part) {
        return part == null ? "the model's own" : part;
    }

    /** Loads the model. */
    TextToImage load() {
        Progress.say(console, "loading the model");
        return modelOptions.load(description);
    }

    /** Generates what is missing, and says which decoders the model cannot run. */
    void generate(Evaluation evaluation) {
        if (!evaluation.complete()) {
            var progress = new Progress.OfHours(console);
            try (var model = load()) {
                evaluation.generate(
                        new ModelGenerator(model, modelOptions.entry().name(), modelOptions.parts()),
                        (done, all, left) ->
                                progress.say("%s of %s images, %s left".formatted(done, all, Progress.duration(left))));
            }
        }
        evaluation.leftOut().forEach((label, reason) -> console.warning("left out " + label + ": " + reason));
    }

    /** The figures of every decoder, and all tables. */
    record Figures(List<Summary> summaries, Measurement measurement) {}

    /**
     * Sums up.
     *
     * @param metrics of the images, which may be none
     * @param scorer tells what images of the emoji data set's captions show, if there is one
     */
    Figures summarise(Evaluation evaluation, List<ImageMetric> metrics, @Nullable TextImageMetric scorer) {
        var progress = new Progress.OfHours(console);
        var results = new MetricResults(
                evaluation, metrics, (heading, decoder) -> progress.say(heading + " of the images of " + decoder));
        var summaries = evaluation.summaries(results);
        results.warnings().forEach(console::warning);
        var further = new ArrayList<Table>();
        ProposalTable.of(evaluation).ifPresent(further::add);
        if (scorer != null) {
            int size = description.sizes().getFirst().width();
            var shown = new EmojiCheck(scorer).table(console, evaluation, size);
            if (shown != null) {
                further.add(shown);
            }
        }
        var conditions = Conditions.ofMachine();
        metrics.forEach(metric -> conditions.put(metric.key(), metric.description()));
        return new Figures(summaries, evaluation.summarise(conditions, summaries, further));
    }

    /** Writes the report. */
    void report(Evaluation evaluation, Figures figures, Path file) {
        Progress.say(console, "writing the report");
        var layout = description.layout(description.sizes().getFirst());
        EvaluationReport.write(file, evaluation, figures.measurement(), figures.summaries(), layout);
    }
}
