package org.sjd4j.cli.evaluate;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.sjd4j.cli.output.TunedFile;
import org.sjd4j.cli.output.Version;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.run.ModelGenerator;
import org.sjd4j.evaluation.run.Prompt;
import org.sjd4j.evaluation.tune.TunedSettings;
import org.sjd4j.evaluation.tune.Tuning;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.io.ScratchFolder;
import org.sjd4j.options.Console;
import org.sjd4j.options.GenerationOptions;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.options.Progress;
import org.sjd4j.options.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Finds the fastest setting. */
@Command(
        name = "tune",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Finds the fastest setting of a model on this machine and remembers it for 'generate'. All settings"
                        + " that it tries generate the same images as ar. Close other programs first.")
public final class TuneCommand implements Callable<Integer> {
    private static final int PROMPTS = 6;

    private final Console console;

    @Mixin
    private final PromptFile promptFile = new PromptFile();

    @Option(
            names = "--forget",
            description = "Forget all settings that were found, of all models, and do nothing else.")
    private boolean forget;

    @Option(names = "--json", description = "Print JSON instead of Markdown.")
    private boolean json;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    @Mixin
    private final ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private final GenerationOptions generation = new GenerationOptions();

    public TuneCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (forget) {
            boolean forgotten = TunedSettings.forget(TunedFile.path());
            console.out().println((forgotten ? "forgotten: " : "nothing to forget: ") + TunedFile.path());
            console.out().flush();
            return 0;
        }
        if (generation.choosesWhatTuneFinds()) {
            throw new UserException("--window and --denoising-steps are what tune finds; leave them out");
        }
        var description = modelOptions.description();
        var defaults = modelOptions.defaults(description);
        var settings = generation.settings(defaults);
        var sampling = generation.sampling(defaults);
        var prompts = promptFile.read(console).stream()
                .limit(Math.min(PROMPTS, promptFile.limit()))
                .toList();
        var tuning = tune(description, prompts, settings, sampling);
        var file = TunedFile.path();
        TunedSettings.read(file)
                .write(
                        file,
                        TunedFile.key(modelOptions, description, settings, sampling),
                        TunedSettings.Tuned.of(tuning.best(), tuning.speedUp()));
        var measurement = tuning.measurement();
        console.out().print(json ? measurement.json() : measurement.markdown());
        if (!json) {
            console.out()
                    .printf(
                            Locale.ROOT,
                            "%ngenerate will use %s here: %.2fx ar%n",
                            tuning.best().label(),
                            tuning.speedUp());
        }
        console.out().flush();
        return 0;
    }

    private Tuning tune(
            ModelDescription description, List<Prompt> prompts, DecoderSettings settings, Sampling sampling) {
        Progress.say(console, "loading the model");
        try (var folder = ScratchFolder.make();
                var model = modelOptions.load(description)) {
            var generator = new ModelGenerator(model, modelOptions.entry().name(), modelOptions.parts());
            return Tuning.of(
                    generator, prompts, settings, sampling, folder.path(), what -> Progress.say(console, what));
        } finally {
            Progress.clear(console);
        }
    }
}
