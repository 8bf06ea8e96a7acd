package org.sjd4j.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Estimate;

/**
 * Seconds that decoders take for the same images, which one process makes right after each other: in one round A B C, in
 * the next C B A. What makes a machine slower by and by then does each of them the same harm.
 *
 * @param choices the decoders
 * @param seconds of each decoder, prompt and round
 */
@SuppressWarnings("ArrayRecordComponent") // read, never compared
record PairedTimes(List<DecoderChoice> choices, double[][][] seconds) {

    /** One image to make. */
    record Turn(DecoderChoice choice, String prompt, long seed) {}

    /**
     * Measures.
     *
     * @param timer makes an image and returns the seconds that it took
     * @param prompts what the images show
     * @param rounds images of each prompt, with the round's number as their seed
     * @param warmUps images by each decoder that do not count
     * @param progress hears how many images that count are done
     */
    static PairedTimes measure(
            ToDoubleFunction<Turn> timer,
            List<DecoderChoice> choices,
            List<String> prompts,
            int rounds,
            int warmUps,
            IntConsumer progress) {
        for (int i = 0; i < warmUps; i++) {
            for (DecoderChoice choice : choices) {
                var _ = timer.applyAsDouble(new Turn(choice, prompts.get(i % prompts.size()), 0));
            }
        }
        double[][][] seconds = new double[choices.size()][prompts.size()][rounds];
        int done = 0;
        for (int round = 0; round < rounds; round++) {
            for (int prompt = 0; prompt < prompts.size(); prompt++) {
                for (int i = 0; i < choices.size(); i++) {
                    int which = (round + prompt) % 2 == 0 ? i : choices.size() - 1 - i;
                    var turn = new Turn(choices.get(which), prompts.get(prompt), round + 1);
                    seconds[which][prompt][round] = timer.applyAsDouble(turn);
                    progress.accept(++done);
                }
            }
        }
        return new PairedTimes(choices, seconds);
    }

    /** The median of a decoder's seconds. */
    double medianSeconds(int choice) {
        return Estimate.of(Arrays.stream(seconds[choice])
                        .flatMapToDouble(Arrays::stream)
                        .toArray())
                .median();
    }

    /** How many times as fast the second decoder is as the first. */
    MedianRatio speedUp(int first, int second) {
        var groups = new ArrayList<double[]>();
        for (int prompt = 0; prompt < seconds[first].length; prompt++) {
            double[] a = seconds[first][prompt];
            double[] b = seconds[second][prompt];
            groups.add(
                    IntStream.range(0, a.length).mapToDouble(i -> a[i] / b[i]).toArray());
        }
        return MedianRatio.of(groups);
    }
}
