package org.sjd4j.options.train;

import org.jspecify.annotations.Nullable;
import org.sjd4j.options.UserException;
import org.sjd4j.training.loop.TrainingSettings;
import picocli.CommandLine.Option;

/** How often a run saves itself, is measured and draws. */
final class Intervals {
    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            description = "updates between two checkpoints (default: the recipe's own)")
    private @Nullable Long checkpointEvery;

    @Option(
            names = "--validate-every",
            paramLabel = "N",
            description = "updates between two validations, each a line of loss.csv (default: the recipe's own)")
    private @Nullable Long validateEvery;

    @Option(
            names = "--sample-every",
            paramLabel = "N",
            description = "updates between two sheets of images in samples/ (default: the recipe's own)")
    private @Nullable Long sampleEvery;

    /** The recipe's settings with what was chosen instead. */
    TrainingSettings over(TrainingSettings recipe) {
        return over(recipe, recipe.learningRate());
    }

    /** The same with another highest learning rate. */
    TrainingSettings over(TrainingSettings recipe, double learningRate) {
        return recipe.with(
                learningRate,
                interval("--checkpoint-every", checkpointEvery, recipe.checkpointEvery()),
                interval("--validate-every", validateEvery, recipe.validateEvery()),
                interval("--sample-every", sampleEvery, recipe.sampleEvery()));
    }

    private static long interval(String option, @Nullable Long chosen, long usual) {
        if (chosen != null && chosen < 1) {
            throw new UserException(option + " is " + chosen + ", expected at least 1");
        }
        return chosen == null ? usual : chosen;
    }
}
