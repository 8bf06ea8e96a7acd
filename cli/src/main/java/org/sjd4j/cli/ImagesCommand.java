package org.sjd4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.cli.output.Outputs;
import org.sjd4j.cli.output.TunedFile;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.Decoders;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.io.Excerpt;
import org.sjd4j.options.Console;
import org.sjd4j.options.Converters;
import org.sjd4j.options.GenerationOptions;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.options.Progress;
import org.sjd4j.options.UserException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the commands have in common that make images of a prompt and write them. */
abstract class ImagesCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--negative-prompt", paramLabel = "TEXT", description = "What guidance leads away from.")
    private String negativePrompt = "";

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The same seed gives the same image; random if not given.")
    private @Nullable Long seed;

    @Option(names = "-n", paramLabel = "COUNT", description = "How many images, with consecutive seeds. Default: 1")
    private int count = 1;

    @Option(
            names = "--out",
            paramLabel = "FILE|DIR",
            description = "A .png file, numbered if there are several images, or a directory. Default: a file named"
                    + " after prompt and seed")
    private @Nullable String out;

    @Option(
            names = "--trajectory",
            paramLabel = "FILE.gif",
            description = "Also write an animation of the tokens settling.")
    private @Nullable String trajectory;

    @Option(names = "--json", description = "Print one JSON object (an array for several images), nothing else.")
    private boolean json;

    @Option(names = "--tokens", description = "With --json, include the image tokens.")
    private boolean tokens;

    @Option(names = "--verbose", description = "Say where the time went; print a stack trace on failure.")
    private boolean verbose;

    @Option(
            names = "--decoder",
            paramLabel = "D",
            converter = Converters.DecoderName.class,
            completionCandidates = Converters.DecoderNames.class,
            description = "How tokens are found, see below.")
    private @Nullable Decoder decoder;

    @Mixin
    private final ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private final GenerationOptions generation = new GenerationOptions();

    ImagesCommand(Console console) {
        this.console = console;
    }

    /** What the image shows. */
    abstract String prompt();

    /**
     * Checks what can be checked before the model is loaded.
     *
     * @return the size of the images, or nothing for the model's own
     * @throws UserException if this model cannot make them
     */
    abstract @Nullable ImageSize size(ModelDescription description);

    /** The request as this command means it, after {@link #size}. */
    Request completed(Request request) {
        return request;
    }

    @Override
    public Integer call() {
        String prompt = prompt();
        if (prompt.isBlank()) {
            throw new UserException("the prompt is empty; say what the image shows, such as \"red apple, noto style\"");
        }
        if (count < 1) {
            throw new UserException("-n is " + count + ", expected 1 or more");
        }
        var entry = modelOptions.entry();
        var description = modelOptions.description();
        Request first = request(description);
        List<Path> images = Outputs.images(out, prompt, first.seed(), count);
        List<Path> animations = trajectory == null ? List.of() : Outputs.animations(trajectory, count);
        warnOfWords(description);
        Progress.say(console, "loading model " + entry.name());
        var reports = new ArrayList<GenerationReport>();
        try (var model = modelOptions.load(description)) {
            for (int i = 0; i < count; i++) {
                var recipe = new Recipe(
                        entry.name(), modelOptions.parts(), model.precision(), first.withSeed(first.seed() + i));
                Path animation = animations.isEmpty() ? null : animations.get(i);
                double loadSeconds = i == 0 ? model.loadSeconds() : 0;
                reports.add(generate(model, recipe, images.get(i), animation, loadSeconds));
                if (!json) {
                    reports.getLast().print(console, verbose);
                }
            }
        } finally {
            Progress.clear(console);
        }
        if (json) {
            console.out().println(GenerationReport.json(reports, tokens));
            console.out().flush();
        }
        return 0;
    }

    private GenerationReport generate(
            TextToImage model, Recipe recipe, Path image, @Nullable Path animation, double loadSeconds) {
        var progress = new Progress(console, "seed " + recipe.request().seed(), model.imageTokens());
        var steps = new Trajectory();
        var generated = model.generate(recipe.request(), (step, accepted, drafts) -> {
            progress.afterStep(step, accepted, drafts);
            if (animation != null) {
                steps.afterStep(step, accepted, drafts);
            }
        });
        Progress.clear(console);
        PngFile.write(image, generated.image(), recipe);
        var files = new ArrayList<Path>(List.of(image));
        if (animation != null) {
            steps.write(animation, model, recipe.request().size());
            files.add(animation);
        }
        return new GenerationReport(recipe, generated, loadSeconds, files);
    }

    private Request request(ModelDescription description) {
        var size = size(description);
        var defaults = modelOptions.defaults(description);
        var sampling = generation.sampling(defaults);
        var settings = generation.settings(defaults);
        var chosen = decoder == null ? defaults.decoder() : decoder;
        if (decoder == null && !generation.choosesWhatTuneFinds()) {
            var tuned = TunedFile.find(modelOptions, description, settings, sampling);
            if (tuned.isPresent()) {
                chosen = Decoders.named(tuned.get().decoder());
                settings = tuned.get().applied(settings);
            }
        }
        return completed(new Request(
                prompt(),
                negativePrompt,
                seed == null ? ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE) : seed,
                chosen,
                settings,
                sampling,
                size));
    }

    private void warnOfWords(ModelDescription description) {
        var words = description.notes(prompt());
        var unknown = new LinkedHashSet<>(words.unknown());
        unknown.addAll(description.notes(negativePrompt).unknown());
        if (!unknown.isEmpty()) {
            console.warning("the model never saw: " + Excerpt.list(unknown));
        }
        if (words.meaningless()) {
            console.warning("the model knows no word of the prompt, so the image can be anything");
        }
        if (words.dropped() > 0) {
            console.warning(
                    "the prompt is too long for the model; its last " + words.dropped() + " words are left out");
        }
    }
}
