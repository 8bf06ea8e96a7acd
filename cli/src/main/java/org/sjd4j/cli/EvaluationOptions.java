package org.sjd4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Plan;
import org.sjd4j.family.Defaults;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.io.Excerpt;
import org.sjd4j.options.Console;
import org.sjd4j.options.GenerationOptions;
import org.sjd4j.options.UserException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which decoders are compared on which seeds; what is not given is as the model recommends. */
final class EvaluationOptions {
    @Option(
            names = "--decoders",
            paramLabel = "A,B,C",
            description = "Decoders, or 'all'. One may have settings of its own, such as"
                    + " sjd2-exact:window=32,denoising-steps=2,initialisation=above. ar is always there.")
    private @Nullable String decoders;

    @Option(
            names = "--seeds",
            paramLabel = "FROM..TO",
            defaultValue = "1..3",
            description = "Seeds of each prompt. Default: ${DEFAULT-VALUE}")
    private String seeds = "1..3";

    @Mixin
    private final GenerationOptions generation = new GenerationOptions();

    /**
     * What to run.
     *
     * @param otherwise the decoders if none are given, from the settings that all share
     * @throws UserException if this is not possible
     */
    Plan plan(Defaults defaults, List<String> prompts, Function<DecoderSettings, List<DecoderChoice>> otherwise) {
        try {
            var settings = settings(defaults);
            var choices = decoders == null ? otherwise.apply(settings) : DecoderChoice.parse(decoders, settings);
            return new Plan(prompts, Plan.seeds(seeds), choices, generation.sampling(defaults));
        } catch (IllegalArgumentException e) {
            throw new UserException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Settings of all decoders that have none of their own. */
    DecoderSettings settings(Defaults defaults) {
        return generation.settings(defaults);
    }

    /** Says which words the model never saw. */
    static void warnOfWords(Console console, ModelDescription description, List<String> prompts) {
        var unknown = new LinkedHashSet<String>();
        prompts.forEach(prompt -> unknown.addAll(description.notes(prompt).unknown()));
        if (!unknown.isEmpty()) {
            console.warning("the model never saw: " + Excerpt.list(unknown));
        }
    }

    /**
     * Makes sure before any work is done that files can be written here.
     *
     * @throws UserException if not
     */
    static void requireWritable(String option, Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new UserException(option + ": there is no directory " + directory + "; make it first");
        }
        if (!Files.isWritable(directory)) {
            throw new UserException(option + ": the directory " + directory + " cannot be written; choose another");
        }
    }
}
