package org.sjd4j.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.sjd4j.decode.sampling.Distribution;

class ScoreTest {
    private static final double TOLERANCE = 1e-6;

    @Test
    void scoreIsTheProbabilityOfTheImageAmongAllImages() {
        TableModel model = new TableModel(3);
        double[] probabilities = model.enumerate();
        for (int image = 0; image < TableModel.IMAGES; image++) {
            int[] letters = {image / 27, image / 9 % 3, image / 3 % 3, image % 3};
            Score score = Score.of(model, letters);
            assertThat(Arrays.stream(score.logProbabilities()).sum())
                    .isEqualTo(Math.log(probabilities[image]), within(TOLERANCE));
            assertThat(score.meanLogProbability())
                    .isEqualTo(Math.log(probabilities[image]) / TableModel.LENGTH, within(TOLERANCE));
        }
    }

    @Test
    void aWindowPassScoresAsOneByOne() {
        TableModel model = new TableModel(4);
        int[] letters = {2, 0, 1, 1};
        Score score = Score.of(model, letters);
        for (int position = 0; position < letters.length; position++) {
            int fed = position == 0 ? model.startToken() : letters[position - 1];
            Distribution p = model.step(position, List.of(new Row.Token(fed)), 1)[0];
            assertThat(score.logProbabilities()[position])
                    .isEqualTo(Math.log(p.probability(letters[position])), within(TOLERANCE));
            assertThat(score.entropies()[position]).isEqualTo(p.entropy(), within(TOLERANCE));
        }
    }

    /** The expectation over all images, which is what a sampler's mean must approach. */
    @Test
    void surplusIsZeroOnAverage() {
        TableModel model = new TableModel(5);
        double[] probabilities = model.enumerate();
        double expected = 0;
        for (int image = 0; image < TableModel.IMAGES; image++) {
            int[] letters = {image / 27, image / 9 % 3, image / 3 % 3, image % 3};
            expected += probabilities[image] * Score.of(model, letters).surplus();
        }
        assertThat(expected).isEqualTo(0, within(TOLERANCE));
    }

    @Test
    void impossibleTokensAreCountedAndLeftOutOfMeans() {
        Score score = new Score(new double[] {-1, Double.NEGATIVE_INFINITY, -3}, new double[] {0.5, 9, 1.5});
        assertThat(score.impossible()).isEqualTo(1);
        assertThat(score.meanLogProbability()).isEqualTo(-2);
        assertThat(score.surplus()).isEqualTo(-1);
    }

    @Test
    void entropyIsThatOfTheFormula() {
        assertThat(Distribution.dense(0.5, 0.25, 0.25).entropy()).isEqualTo(1.5 * Math.log(2), within(TOLERANCE));
        assertThat(Distribution.oneHot(3).entropy()).isZero();
    }

    @Test
    void aImageHasATokenForEachPosition() {
        assertThatIllegalArgumentException().isThrownBy(() -> Score.of(new TableModel(1), new int[3]));
    }
}
