package org.sjd4j.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sjd4j.decode.Acceptance.Verdict;
import org.sjd4j.decode.random.GumbelNoise;
import org.sjd4j.decode.random.PositionRandom;
import org.sjd4j.decode.random.Randomness;
import org.sjd4j.decode.sampling.Distribution;

/** One position by itself: each kernel must turn a draft of distribution q into a token of distribution p. */
class KernelTest {

    private static final int SAMPLES = 100_000;
    private static final long SEED = 4_000_000;
    private static final int IDS = 8;
    private static final Distribution Q = Distribution.dense(8, 1, 3, 1, 2, 2, 1, 4);
    private static final Distribution P = Distribution.dense(2, 5, 4, 3, 0, 1, 2, 1);
    private static final Distribution R = Distribution.dense(1, 1, 0, 6, 2, 2, 3, 3);

    private static double chiSquare(Refinement refinement, Acceptance acceptance) {
        int[] seen = new int[IDS];
        for (int sample = 0; sample < SAMPLES; sample++) {
            PositionRandom random = random(SEED + sample);
            Draft draft = new Draft(Q.sample(random.uniform()), Q);
            draft = refinement.next(draft, R, random);
            seen[acceptance.settle(refinement.next(draft, Q, random), P, random).token()]++;
        }
        return ChiSquare.perDegreeOfFreedom(
                seen, IntStream.range(0, IDS).mapToDouble(P::probability).toArray());
    }

    private static PositionRandom random(long seed) {
        Randomness randomness = new Randomness(seed);
        return new PositionRandom(randomness, 0, new GumbelNoise(randomness, 0, 0, IDS));
    }

    /** Those whose new draft has the distribution of the row. */
    static Stream<Named<Refinement>> refinementsToTheRow() {
        return Stream.of(
                Named.of("resample", Refinement.RESAMPLE),
                Named.of("maximal coupling", Refinement.MAXIMAL_COUPLING),
                Named.of("shared Gumbel noise", Refinement.SHARED_GUMBEL));
    }

    /** All: these acceptances do not lean on the distribution of a draft being that of the row. */
    static Stream<Named<Refinement>> refinements() {
        return Stream.concat(refinementsToTheRow(), Stream.of(Named.of("argmax", Refinement.ARGMAX)));
    }

    @ParameterizedTest
    @MethodSource("refinementsToTheRow")
    void mapsTheOldDistributionToTheNew(Refinement refinement) {
        assertThat(chiSquare(refinement, Acceptance.equality(refinement))).isLessThan(2.5);
    }

    @ParameterizedTest
    @MethodSource("refinements")
    void isVerifiedWithoutLoss(Refinement refinement) {
        assertThat(chiSquare(refinement, Acceptance.SPECULATIVE))
                .as("speculative")
                .isLessThan(2.5);
        assertThat(chiSquare(refinement, Acceptance.SEED_EXACT))
                .as("seed-exact")
                .isLessThan(2.5);
    }

    /** The residual sample after a rejection needs fresh randomness, as the noise is correlated with the rejected token. */
    @Test
    void noticesResidualsSampledWithTheSharedNoise() {
        Acceptance correlated = (draft, p, random) -> {
            Verdict verdict = Acceptance.SPECULATIVE.settle(draft, p, random);
            return verdict.kept()
                    ? verdict
                    : new Verdict(p.residual(draft.distribution()).argmax(random.gumbel()), false);
        };
        assertThat(chiSquare(Refinement.SHARED_GUMBEL, correlated)).isGreaterThan(10);
    }

    @Test
    void maximalCouplingKeepsAsOftenAsAnyCouplingCan() {
        double kept = IntStream.range(0, SAMPLES)
                .filter(sample -> {
                    PositionRandom random = random(SEED + sample);
                    Draft draft = new Draft(Q.sample(random.uniform()), Q);
                    return Refinement.MAXIMAL_COUPLING.next(draft, P, random).token() == draft.token();
                })
                .count();
        assertThat(kept / SAMPLES).isCloseTo(1 - P.totalVariation(Q), within(0.005));
    }

    @Test
    void sharedGumbelNoiseKeepsAtLeastAsOftenAsItsBound() {
        double kept = IntStream.range(0, SAMPLES)
                .filter(sample -> {
                    PositionRandom random = random(SEED + sample);
                    return P.argmax(random.gumbel()) == Q.argmax(random.gumbel());
                })
                .count();
        double distance = P.totalVariation(Q);
        assertThat(kept / SAMPLES).isGreaterThan((1 - distance) / (1 + distance) - 0.005);
    }

    @Test
    void equalRowsAreAlwaysAcceptedAndDisjointOnesNever() {
        Distribution left = Distribution.of(new int[] {0, 1, 2}, new double[] {1, 2, 3});
        Distribution right = Distribution.of(new int[] {3, 5}, new double[] {1, 2});
        for (int sample = 0; sample < 5_000; sample++) {
            PositionRandom random = random(SEED + sample);
            Draft draft = new Draft(left.sample(random.uniform()), left);
            assertThat(Acceptance.SPECULATIVE.settle(draft, left, random)).isEqualTo(new Verdict(draft.token(), true));
            Verdict verdict = Acceptance.SPECULATIVE.settle(draft, right, random);
            assertThat(verdict.kept()).isFalse();
            assertThat(right.probability(verdict.token())).isPositive();
            assertThat(Acceptance.SPECULATIVE.settle(Draft.certain(4), Distribution.oneHot(4), random))
                    .isEqualTo(new Verdict(4, true));
            assertThat(Acceptance.SPECULATIVE.settle(Draft.certain(4), Distribution.oneHot(3), random))
                    .isEqualTo(new Verdict(3, false));
        }
    }
}
