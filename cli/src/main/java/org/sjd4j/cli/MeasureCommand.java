package org.sjd4j.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Families;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.evaluation.Comparison.Listener;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.ExactnessMeasurement;
import org.sjd4j.evaluation.Measurement;
import org.sjd4j.evaluation.MemoryMeasurement;
import org.sjd4j.evaluation.Plan;
import org.sjd4j.evaluation.QualityMeasurement;
import org.sjd4j.evaluation.StepsMeasurement;
import org.sjd4j.evaluation.StepsMeasurement.Sweep;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.TimeMeasurement;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.options.Console;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.options.Progress;
import org.sjd4j.options.UserException;
import org.sjd4j.options.train.DataOptions;
import org.sjd4j.training.data.Split;
import org.sjd4j.training.model.PromptFollowing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes the tables of docs/results.md. */
@Command(
        name = "measure",
        hidden = true,
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Measures a model and its decoders, as Markdown and JSON.")
final class MeasureCommand implements Callable<Integer> {
    /** What can be measured. */
    enum Kind {
        STEPS,
        TIME,
        QUALITY,
        EXACTNESS,
        MEMORY,
        FOLLOWING;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Console console;

    @Parameters(
            paramLabel = "WHAT",
            description = "One of ${COMPLETION-CANDIDATES}; following judges the images of --data, the others generate"
                    + " --prompts.")
    private Kind kind = Kind.STEPS;

    @Mixin
    private final PromptFile promptFile = new PromptFile();

    @Option(
            names = "--sweeps",
            paramLabel = "A,B",
            split = ",",
            description = "For steps: what to vary besides the decoders: window, initialisation, denoising-steps,"
                    + " entry-level, row-cleaning-threshold; all by default, or none.")
    private List<String> sweeps = List.of("all");

    @Option(
            names = "--repetitions",
            paramLabel = "N",
            description = "For time: images over which passes are timed. Default: 5")
    private int repetitions = 5;

    @Option(names = "--generations", paramLabel = "N", description = "For memory: how many images. Default: 200")
    private int generations = 200;

    @Option(names = "--out", paramLabel = "DIR", description = "Write WHAT.md and WHAT.json into this directory.")
    private @Nullable String out;

    @Mixin
    private final DataOptions data = new DataOptions();

    @Option(names = "--json", description = "Print JSON instead of Markdown.")
    private boolean json;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    @Mixin
    private final ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private final EvaluationOptions options = new EvaluationOptions();

    MeasureCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (repetitions < 1 || generations < 1) {
            throw new UserException("--repetitions and --generations are 1 or more");
        }
        Path directory = out == null ? null : Outputs.directory("--out", out);
        Measurement measurement;
        try {
            measurement = kind == Kind.FOLLOWING ? following() : generated();
        } finally {
            Progress.clear(console);
        }
        if (directory != null) {
            write(directory.resolve(kind + ".md"), measurement.markdown());
            write(directory.resolve(kind + ".json"), measurement.json());
        }
        console.out().print(json ? measurement.json() : measurement.markdown());
        console.out().flush();
        return 0;
    }

    private Measurement generated() {
        var prompts = promptFile.texts(console);
        var description = modelOptions.description();
        var settings = options.settings(modelOptions.defaults(description));
        var chosen = chosenSweeps(settings);
        Plan plan = options.plan(modelOptions.defaults(description), prompts, this::decoders);
        EvaluationOptions.warnOfWords(console, description, prompts);
        Progress.say(console, "loading the model");
        try (var model = modelOptions.load(description)) {
            return measure(model, plan, chosen);
        }
    }

    private Measurement following() {
        Path checkpoint = modelOptions.entry().directory();
        var description = Families.describe(checkpoint);
        var images = data.open(description.sizes().getFirst().width());
        int most = Math.min(promptFile.limit(), images.examples(Split.HELD_OUT).size());
        var rows = new ArrayList<List<Table.Cell>>();
        try (var metric = PromptFollowing.of(checkpoint, images)) {
            for (Split split : List.of(Split.HELD_OUT, Split.TRAIN)) {
                var measured = metric.metric(split, most, done -> Progress.say(console, "%s images".formatted(done)));
                rows.add(FollowingTable.row(split == Split.TRAIN ? "trained on" : "held out", measured));
            }
        }
        return FollowingTable.of(checkpoint, rows);
    }

    private Measurement measure(TextToImage model, Plan plan, List<Sweep> chosen) {
        Listener listener = (done, all) -> Progress.say(console, "%s of %s images".formatted(done, all));
        return switch (kind) {
            case STEPS -> StepsMeasurement.measure(model, plan, chosen, listener);
            case TIME -> TimeMeasurement.measure(model, plan, repetitions, listener);
            case QUALITY -> QualityMeasurement.measure(model, plan, listener);
            case EXACTNESS -> ExactnessMeasurement.measure(model, plan, listener);
            case MEMORY -> MemoryMeasurement.measure(model, plan, generations, listener);
            case FOLLOWING -> throw new IllegalStateException("following generates nothing");
        };
    }

    private List<DecoderChoice> decoders(DecoderSettings settings) {
        return switch (kind) {
            case STEPS, TIME, QUALITY -> DecoderChoice.parse("all", settings);
            case EXACTNESS -> ExactnessMeasurement.choices(settings);
            case MEMORY, FOLLOWING -> DecoderChoice.parse("ar,sjd-exact", settings);
        };
    }

    private List<Sweep> chosenSweeps(DecoderSettings settings) {
        var possible = StepsMeasurement.sweeps(settings);
        var chosen = new ArrayList<Sweep>();
        for (String name : sweeps) {
            var found = possible.stream()
                    .filter(sweep -> name.equals("all") || sweep.key().equals(name))
                    .toList();
            if (found.isEmpty() && !name.equals("none")) {
                throw new UserException("--sweeps: there is nothing called '" + name + "'; choose from all, none, "
                        + String.join(", ", possible.stream().map(Sweep::key).toList()));
            }
            chosen.addAll(found);
        }
        return chosen;
    }

    private static void write(Path file, String text) {
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
