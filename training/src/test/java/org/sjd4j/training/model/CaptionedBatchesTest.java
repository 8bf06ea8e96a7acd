package org.sjd4j.training.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.junit.jupiter.api.Test;
import org.sjd4j.family.raster.PromptSlots;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.training.data.Split;
import org.sjd4j.training.model.TokenizedImages.Image;

/** How often which caption goes with which image. */
final class CaptionedBatchesTest {
    private static final int BATCH = 8;
    private static final int STEPS = 500;
    private static final int[] PLAIN = {1, 1};
    private static final int[] SMALL = {2, 2};
    private static final TokenizedImages IMAGES = new TokenizedImages(List.of(
            new Image("a", "red apple, noto style", List.of(), Split.TRAIN, true, PLAIN),
            new Image("a", "red apple, noto style, small", List.of(), Split.TRAIN, false, SMALL),
            new Image("b", "red apple, old style", List.of(), Split.HELD_OUT, true, new int[] {3, 3})));
    private static final PromptSlots PROMPTS =
            new PromptSlots(WordTokenizer.of(PromptSlots.specialTokens(), IMAGES.words()), 6);

    @Test
    void plainImagesAreSometimesToldWithoutTheirStyleAndAllSometimesWithoutAnything() {
        LibTorch.load();
        var batches = new CaptionedBatches(IMAGES, PROMPTS, BATCH, 3, new Device("cpu"));

        assertThat(share(batches, PLAIN, "red apple, noto style")).isBetween(0.30, 0.34);
        assertThat(share(batches, PLAIN, "red apple")).isBetween(0.03, 0.05);
        assertThat(share(batches, SMALL, "red apple, noto style, small")).isBetween(0.51, 0.57);
        assertThat(share(batches, SMALL, "red apple")).isZero();
        assertThat(share(batches, PLAIN, "") + share(batches, SMALL, "")).isBetween(0.085, 0.115);
    }

    private static double share(CaptionedBatches batches, int[] codes, String caption) {
        int[] words = caption.isEmpty() ? PROMPTS.none() : PROMPTS.of(caption).slots();
        long found = IntStream.range(0, STEPS)
                .mapToLong(step -> {
                    var batch = batches.training(step);
                    int[] allCodes = Tensors.ints(batch.codes());
                    int[] allWords = Tensors.ints(batch.prompts());
                    return IntStream.range(0, BATCH)
                            .filter(i -> Arrays.equals(part(allCodes, i, 2), codes))
                            .filter(i -> Arrays.equals(part(allWords, i, words.length), words))
                            .count();
                })
                .sum();
        return found / (double) (STEPS * BATCH);
    }

    private static int[] part(int[] values, int i, int length) {
        return Arrays.copyOfRange(values, i * length, (i + 1) * length);
    }
}
