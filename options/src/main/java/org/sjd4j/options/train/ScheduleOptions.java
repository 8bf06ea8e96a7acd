package org.sjd4j.options.train;

import org.jspecify.annotations.Nullable;
import org.sjd4j.options.UserException;
import org.sjd4j.training.loop.DataParallel;
import org.sjd4j.training.loop.TrainingSettings;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What of a run's schedule can be chosen, beside its length. */
final class ScheduleOptions {
    @Option(
            names = "--learning-rate",
            paramLabel = "RATE",
            description = "highest learning rate (default: the recipe's own); a run keeps its rate")
    private @Nullable Double learningRate;

    @Mixin
    private Intervals intervals = new Intervals();

    @Option(
            names = "--micro-batches",
            paramLabel = "M",
            description = "pieces in which the images of an update are computed, one after the other, for less memory;"
                    + " a run keeps their number (default: 1)")
    private @Nullable Integer microBatches;

    /**
     * How an update is cut into pieces.
     *
     * @param shared how, without the option
     */
    DataParallel pieces(DataParallel shared) {
        if (microBatches == null) {
            return shared;
        }
        if (microBatches < 1) {
            throw new UserException("--micro-batches is " + microBatches + ", expected at least 1");
        }
        return new DataParallel(shared.workers(), microBatches);
    }

    /** The recipe's settings with what was chosen instead. */
    TrainingSettings over(TrainingSettings recipe) {
        if (learningRate != null && !(learningRate > 0 && learningRate < 1)) {
            throw new UserException("--learning-rate is " + learningRate + ", expected a number between 0 and 1");
        }
        return intervals.over(recipe, learningRate == null ? recipe.learningRate() : learningRate);
    }
}
