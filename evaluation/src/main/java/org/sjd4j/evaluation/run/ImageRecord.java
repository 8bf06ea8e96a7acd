package org.sjd4j.evaluation.run;

import com.fasterxml.jackson.annotation.JsonAlias;
import java.util.Arrays;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.GeneratedImage;

/**
 * One image and how it was made: a line of a run's {@code images.jsonl}, but for the tokens. All but {@code seconds}
 * and {@code peakMemoryBytes} is the same whenever the plan is run.
 *
 * @param prompt what it shows
 * @param category of the prompt, or nothing
 * @param promptIndex which prompt of the plan, from 0
 * @param image which image of the prompt, from 0
 * @param seed of the image
 * @param decoder the decoder's label
 * @param settings of the decoder, by name
 * @param file below the run's directory of images
 * @param steps forward passes
 * @param acceptedPerStep accepted tokens of each forward pass
 * @param rows that the model read in all passes
 * @param refinedDrafts how often a draft was refined
 * @param changedDrafts how often this changed it
 * @param identicalToAr whether all tokens are those of autoregression for this prompt and seed
 * @param sameTokens share of positions with the token of autoregression
 * @param seconds by phase
 * @param peakMemoryBytes most resident memory while it was made, where the system tells
 */
@SuppressWarnings("ArrayRecordComponent") // a line of a file, never compared
public record ImageRecord(
        String prompt,
        String category,
        int promptIndex,
        @JsonAlias("picture") int image,
        long seed,
        String decoder,
        SequencedMap<String, String> settings,
        String file,
        int steps,
        int[] acceptedPerStep,
        long rows,
        long refinedDrafts,
        long changedDrafts,
        boolean identicalToAr,
        double sameTokens,
        GeneratedImage.Timing seconds,
        @Nullable Long peakMemoryBytes) {

    static ImageRecord of(
            EvaluationPlan.Item item,
            Prompt prompt,
            SequencedMap<String, String> settings,
            GeneratedImage generated,
            int[] baseline,
            @Nullable Long peakMemoryBytes) {
        var statistics = generated.statistics();
        int[] tokens = generated.tokens();
        int same = 0;
        for (int i = 0; i < tokens.length; i++) {
            same += tokens[i] == baseline[i] ? 1 : 0;
        }
        return new ImageRecord(
                prompt.text(),
                prompt.category(),
                item.prompt(),
                item.image(),
                item.seed(),
                item.choice().label(),
                settings,
                item.file(),
                statistics.steps(),
                statistics.acceptedPerStep(),
                statistics.rows(),
                statistics.refinedDrafts(),
                statistics.changedDrafts(),
                same == tokens.length,
                same / (double) tokens.length,
                generated.timing(),
                peakMemoryBytes);
    }

    /** Whether this is the image that a plan wants there. */
    boolean isOf(EvaluationPlan.Item item, Prompt wanted) {
        return prompt.equals(wanted.text())
                && seed == item.seed()
                && decoder.equals(item.choice().label())
                && file.equals(item.file())
                && steps == acceptedPerStep.length;
    }

    /** Accepted tokens per forward pass. */
    double stepCompression() {
        return Arrays.stream(acceptedPerStep).sum() / (double) steps;
    }
}
