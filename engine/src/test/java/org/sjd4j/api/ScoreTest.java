package org.sjd4j.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;

/** How probable the tokens of images are for a tiny random model. */
class ScoreTest {
    private static final int TOKENS = TinyCheckpoint.GRID * TinyCheckpoint.GRID;
    private static final Sampling SAMPLING = new Sampling(2, 1, 12, 1);
    private static final DecoderSettings SETTINGS = DecoderSettings.DEFAULT.withWindow(6);

    @TempDir
    private static Path directory;

    private static TextToImage model;

    @BeforeAll
    static void load() {
        model = TextToImage.open(TinyCheckpoint.write(directory.resolve("tiny")), "cpu");
    }

    @AfterAll
    static void close() {
        model.close();
    }

    /** Scores are those of the tokens that were generated, and change with nothing that comes later. */
    @Test
    void aTokensScoreDependsOnThoseBeforeItAlone() {
        int[] tokens = model.generate(new Request("red apple", 5, Decoders.AR, SETTINGS, SAMPLING))
                .tokens();
        var plain = model.score("red apple", Sampling.PLAIN, tokens);
        var generated = model.score("red apple", SAMPLING, tokens);
        assertThat(generated.impossible()).isZero();
        for (int position = 0; position < TOKENS; position++) {
            assertThat(plain.logProbabilities()[position]).isNegative().isGreaterThan(-20);
            assertThat(generated.entropies()[position]).isPositive().isLessThanOrEqualTo(Math.log(12) + 1e-6);
            assertThat(plain.entropies()[position]).isLessThanOrEqualTo(Math.log(TinyCheckpoint.CODES) + 1e-6);
        }
        // what a position is given depends on what comes before it and on nothing after it
        for (int position = 0; position < TOKENS - 1; position++) {
            int[] other = tokens.clone();
            for (int later = position + 1; later < other.length; later++) {
                other[later] = (tokens[later] + 1) % TinyCheckpoint.CODES;
            }
            assertThat(model.score("red apple", Sampling.PLAIN, other).logProbabilities()[position])
                    .isEqualTo(plain.logProbabilities()[position], within(1e-4));
        }
        assertThat(model.score("green pear", Sampling.PLAIN, tokens).meanLogProbability())
                .isNotEqualTo(plain.meanLogProbability());
    }

    @Test
    void scoringRefusesWhatIsNoImage() {
        assertThatIllegalArgumentException().isThrownBy(() -> model.score("red", SAMPLING, new int[3]));
        int[] wrong = new int[TOKENS];
        wrong[3] = TinyCheckpoint.CODES;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> model.score("red", SAMPLING, wrong))
                .withMessageContaining("token 32 at position 3");
    }
}
