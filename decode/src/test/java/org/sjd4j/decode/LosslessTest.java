package org.sjd4j.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.decode.Initialisation.ABOVE;
import static org.sjd4j.decode.Initialisation.LEFT;
import static org.sjd4j.decode.Initialisation.PREVIOUS;
import static org.sjd4j.decode.Initialisation.RANDOM;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sjd4j.decode.Acceptance.Verdict;
import org.sjd4j.decode.Decoder.Drafts;
import org.sjd4j.decode.Decoder.Rows;
import org.sjd4j.decode.sampling.Distribution;

/** Every lossless decoder against the exactly enumerated distribution of a tiny model. */
class LosslessTest {

    private static final long TABLE_SEED = 5;
    private static final long FIRST_SEED = Long.getLong("sjd4j.seed", 1_000_000);
    private static final int SAMPLES = Integer.getInteger("sjd4j.samples", 60_000);
    private static final double LIMIT = 1.5;

    /** Of fewer degrees of freedom, so that chance alone moves it further. */
    private static final double KEPT_LIMIT = 2.6;

    static Stream<Arguments> losslessDecoders() {
        List<DecoderSettings> tokens = List.of(
                new DecoderSettings(1, RANDOM, 0),
                new DecoderSettings(2, RANDOM, 0),
                new DecoderSettings(3, ABOVE, 0),
                new DecoderSettings(4, LEFT, 0),
                new DecoderSettings(4, PREVIOUS, 0),
                new DecoderSettings(64, RANDOM, 0));
        List<DecoderSettings> noise = List.of(
                new DecoderSettings(1, RANDOM, 2),
                new DecoderSettings(4, RANDOM, 1),
                new DecoderSettings(3, RANDOM, 2),
                new DecoderSettings(5, PREVIOUS, 4),
                new DecoderSettings(4, ABOVE, 3),
                new DecoderSettings(4, LEFT, 5),
                new DecoderSettings(4, RANDOM, 2));
        return Decoders.all().stream().filter(Decoder::lossless).flatMap(decoder -> {
            if (decoder == Decoders.AR) {
                return Stream.of(Arguments.of(decoder, DecoderSettings.DEFAULT));
            }
            return (decoder.denoises() ? noise : tokens).stream().map(settings -> Arguments.of(decoder, settings));
        });
    }

    static Stream<Decoder> losslessDecodersWithWindows() {
        return Decoders.all().stream().filter(decoder -> decoder.lossless() && decoder.uses(DecoderSettings.WINDOW));
    }

    @ParameterizedTest
    @MethodSource("losslessDecoders")
    void samplesWhatAutoregressionSamples(Decoder decoder, DecoderSettings settings, TestReporter report) {
        double chiSquare = chiSquarePerDegreeOfFreedom(decoder, settings);
        report.publishEntry(
                "%s chi^2/df".formatted(decoder),
                String.format(Locale.ROOT, "%.2f from seed %d, %s", chiSquare, FIRST_SEED, settings));
        assertThat(chiSquare)
                .as("chi^2/df of %s, %s, from seed %d", decoder, settings, FIRST_SEED)
                .isLessThan(LIMIT);
    }

    /** The window of a batch: it breathes with the number of images that share a pass. */
    @ParameterizedTest
    @MethodSource("losslessDecodersWithWindows")
    void samplesWhatAutoregressionSamplesWhileItsWindowChanges(Decoder decoder) {
        var settings = DecoderSettings.DEFAULT.withWindow(4).withDenoisingSteps(2);
        var model = new TableModel(TABLE_SEED);
        int[] seen = new int[TableModel.IMAGES];
        for (int sample = 0; sample < SAMPLES; sample++) {
            var decoding = decoder.start(model, settings, FIRST_SEED + sample);
            for (int step = 0; !decoding.done(); step++) {
                decoding.limitWindow(1 + (sample + 3 * step) % 4);
                decoding.advance(model.step(decoding.position(), decoding.rows()));
            }
            seen[TableModel.index(decoding.decoded().tokens())]++;
        }
        assertThat(ChiSquare.perDegreeOfFreedom(seen, model.enumerate()))
                .as("chi^2/df of %s from seed %d", decoder, FIRST_SEED)
                .isLessThan(LIMIT);
    }

    /** An edit: some letters are given, at the beginning, in the middle, at the end. */
    @ParameterizedTest
    @MethodSource("losslessDecoders")
    void samplesWhatAutoregressionSamplesAroundKeptTokens(Decoder decoder, DecoderSettings settings) {
        for (int[] given : new int[][] {{2, -1, -1, -1}, {-1, 0, -1, 1}, {1, -1, 2, -1}, {-1, -1, 0, 1}}) {
            var kept = KeptTokens.of(given);
            var model = new TableModel(TABLE_SEED);
            int[] seen = new int[TableModel.IMAGES];
            for (int sample = 0; sample < SAMPLES / 4; sample++) {
                seen[
                        TableModel.index(decoder.decode(model, settings, FIRST_SEED + sample, kept, StepObserver.NONE)
                                .tokens())]++;
            }
            assertThat(ChiSquare.perDegreeOfFreedom(seen, model.enumerate(kept)))
                    .as(
                            "chi^2/df of %s, %s, keeping %s, from seed %d",
                            decoder, settings, Arrays.toString(given), FIRST_SEED)
                    .isLessThan(KEPT_LIMIT);
        }
    }

    /** Kept tokens keep the distribution they were sampled from long ago, as in a released implementation of SCD. */
    @Test
    void noticesKeptTokensWithTheirOldDistribution() {
        Refinement stale = (draft, p, random) -> {
            Verdict verdict = Acceptance.SPECULATIVE.settle(draft, p, random);
            return verdict.kept() ? draft : new Draft(verdict.token(), p);
        };
        Decoder wrong = new Decoder("stale", "", false, Drafts.TOKENS, Rows.AS_READ, stale, Acceptance.SPECULATIVE);
        assertThat(chiSquarePerDegreeOfFreedom(wrong, DecoderSettings.DEFAULT.withWindow(4)))
                .isGreaterThan(4);
    }

    /** A corrected row is part of a draft's true distribution: forgetting it there would show. */
    @Test
    void noticesCorrectedDraftsWithTheDistributionOfTheirRow() {
        Refinement forgetful = (draft, p, random) -> {
            Distribution other =
                    Distribution.dense(p.probability(1) + 0.1, p.probability(2) + 0.1, p.probability(0) + 0.1);
            return new Draft(other.sample(random.uniform()), p);
        };
        Decoder wrong =
                new Decoder("forgetful", "", false, Drafts.TOKENS, Rows.CORRECTED, forgetful, Acceptance.SPECULATIVE);
        assertThat(chiSquarePerDegreeOfFreedom(wrong, DecoderSettings.DEFAULT.withWindow(4)))
                .isGreaterThan(4);
    }

    @Test
    void noticesGreedyDecoding() {
        assertThat(chiSquarePerDegreeOfFreedom(Decoders.JACOBI, DecoderSettings.DEFAULT))
                .isGreaterThan(100);
    }

    private static double chiSquarePerDegreeOfFreedom(Decoder decoder, DecoderSettings settings) {
        TableModel model = new TableModel(TABLE_SEED);
        int[] seen = new int[TableModel.IMAGES];
        for (int sample = 0; sample < SAMPLES; sample++) {
            int[] letters = decoder.decode(model, settings, FIRST_SEED + sample, StepObserver.NONE)
                    .tokens();
            seen[TableModel.index(letters)]++;
        }
        return ChiSquare.perDegreeOfFreedom(seen, model.enumerate());
    }
}
