package org.sjd4j.evaluation;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Two decoders on the same prompts and seeds.
 *
 * @param stepsSaved forward passes that the second one saves per image
 * @param steps how many times fewer steps it takes
 * @param seconds how many times less time it takes
 */
public record Paired(Estimate stepsSaved, SpeedUp steps, SpeedUp seconds) {
    /**
     * Compares; as in {@link Summary}, images of one prompt count as one.
     *
     * @param first runs of one decoder
     * @param second runs of the other, for the same prompts and seeds in the same order
     */
    public static Paired of(List<Run> first, List<Run> second) {
        double[] saved = new double[first.size()];
        for (int i = 0; i < saved.length; i++) {
            saved[i] = first.get(i).statistics().steps()
                    - second.get(i).statistics().steps();
        }
        return new Paired(
                Estimate.of(Summary.independent(second, saved)),
                ratio(first, second, run -> run.statistics().steps()),
                ratio(first, second, run -> run.timing().total()));
    }

    /** How many times smaller a figure of the second is. */
    static SpeedUp ratio(List<Run> first, List<Run> second, ToDoubleFunction<Run> figure) {
        double[] logs = new double[first.size()];
        for (int i = 0; i < logs.length; i++) {
            logs[i] = Math.log(figure.applyAsDouble(first.get(i)) / figure.applyAsDouble(second.get(i)));
        }
        return SpeedUp.ofLogarithms(Summary.independent(second, logs));
    }
}
