package org.sjd4j.decode;

import static java.util.stream.Collectors.joining;

import java.util.List;
import org.sjd4j.decode.Decoder.Drafts;
import org.sjd4j.decode.Decoder.Rows;

/** All decoders, by name. */
public final class Decoders {

    /** Autoregression: one token per pass, sampled with the seed's Gumbel noise. */
    public static final Decoder AR = lossless(
            "ar",
            "one token per pass, the reference for all others",
            Drafts.NONE,
            Refinement.SHARED_GUMBEL,
            Acceptance.SEED_EXACT);

    /** Jacobi decoding (Song et al., arXiv 2002.03629; Santilli et al., 2305.10427), greedy. */
    public static final Decoder JACOBI = new Decoder(
            "jacobi",
            "lossy: greedy, takes the most probable token everywhere instead of sampling",
            false,
            Drafts.TOKENS,
            Rows.AS_READ,
            Refinement.ARGMAX,
            Acceptance.equality(Refinement.ARGMAX));

    /** Speculative Jacobi decoding (SJD, arXiv 2410.01699). */
    public static final Decoder SJD = lossless(
            "sjd",
            "speculative Jacobi decoding: drafts are resampled until they are verified",
            Drafts.TOKENS,
            Refinement.RESAMPLE,
            Acceptance.SPECULATIVE);

    /** Speculative coupled decoding by maximal coupling (SCD, arXiv 2510.24211; SJD-PAC, arXiv 2603.18599). */
    public static final Decoder SJD_COUPLED = lossless(
            "sjd-coupled",
            "sjd with drafts that change as rarely as possible (maximal coupling)",
            Drafts.TOKENS,
            Refinement.MAXIMAL_COUPLING,
            Acceptance.SPECULATIVE);

    /** Speculative coupled decoding by shared Gumbel noise (SCD, arXiv 2510.24211). */
    public static final Decoder SJD_GUMBEL = lossless(
            "sjd-gumbel",
            "sjd with drafts resampled by the same noise in every pass",
            Drafts.TOKENS,
            Refinement.SHARED_GUMBEL,
            Acceptance.SPECULATIVE);

    /** Seed-exact Jacobi decoding: the tokens of {@link #AR} with the same seed. */
    public static final Decoder SJD_EXACT = lossless(
            "sjd-exact",
            "seed-exact: token for token what ar generates with the same seed, in fewer passes",
            Drafts.TOKENS,
            Refinement.SHARED_GUMBEL,
            Acceptance.SEED_EXACT);

    /** Speculative Jacobi-denoising decoding (SJD2, arXiv 2510.08994). */
    public static final Decoder SJD2 = lossless(
            "sjd2",
            "speculative Jacobi-denoising decoding: drafts start as noise and are denoised while they are predicted",
            Drafts.NOISE,
            Refinement.RESAMPLE,
            Acceptance.SPECULATIVE);

    /** SJD2 whose sampled tokens are maximally coupled from pass to pass, noisy or clean. */
    public static final Decoder SJD2_COUPLED = lossless(
            "sjd2-coupled",
            "sjd2 with drafts that change as rarely as possible (maximal coupling)",
            Drafts.NOISE,
            Refinement.MAXIMAL_COUPLING,
            Acceptance.SPECULATIVE);

    /** SJD2 whose sampled tokens share their position's Gumbel noise from pass to pass. */
    public static final Decoder SJD2_GUMBEL = lossless(
            "sjd2-gumbel",
            "sjd2 with drafts resampled by the same noise in every pass",
            Drafts.NOISE,
            Refinement.SHARED_GUMBEL,
            Acceptance.SPECULATIVE);

    /** Seed-exact SJD2: the tokens of {@link #AR} with the same seed. */
    public static final Decoder SJD2_EXACT = lossless(
            "sjd2-exact",
            "seed-exact sjd2: token for token what ar generates with the same seed, in fewer passes",
            Drafts.NOISE,
            Refinement.SHARED_GUMBEL,
            Acceptance.SEED_EXACT);

    /**
     * Speculative Jacobi decoding from left to right, in the manner of Gauss and Seidel: a small head corrects each draft's row
     * for the token that its left neighbour became in the same step.
     */
    public static final Decoder SJD_NEIGHBOUR = corrected(
            "sjd-neighbour",
            "sjd whose drafts know what became of their left neighbour in the same step (neighbour head)",
            Drafts.TOKENS,
            Acceptance.SPECULATIVE);

    /** Seed-exact {@link #SJD_NEIGHBOUR}: the tokens of {@link #AR} with the same seed. */
    public static final Decoder SJD_NEIGHBOUR_EXACT = corrected(
            "sjd-neighbour-exact",
            "seed-exact sjd-neighbour: token for token what ar generates with the same seed, in fewer passes",
            Drafts.TOKENS,
            Acceptance.SEED_EXACT);

    /** Seed-exact SJD2 with {@linkplain #SJD_NEIGHBOUR corrected} rows. */
    public static final Decoder SJD2_NEIGHBOUR_EXACT = corrected(
            "sjd2-neighbour-exact",
            "seed-exact sjd2 whose drafts know what became of their left neighbour in the same step",
            Drafts.NOISE,
            Acceptance.SEED_EXACT);

    private static final List<Decoder> ALL = List.of(
            AR,
            JACOBI,
            SJD,
            SJD_COUPLED,
            SJD_GUMBEL,
            SJD_EXACT,
            SJD_NEIGHBOUR,
            SJD_NEIGHBOUR_EXACT,
            SJD2,
            SJD2_COUPLED,
            SJD2_GUMBEL,
            SJD2_EXACT,
            SJD2_NEIGHBOUR_EXACT);

    private Decoders() {}

    /** Every decoder. */
    public static List<Decoder> all() {
        return ALL;
    }

    /**
     * The decoder of this name.
     *
     * @throws IllegalArgumentException if there is none; the message lists the names
     */
    public static Decoder named(String name) {
        return ALL.stream()
                .filter(decoder -> decoder.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no decoder '%s'; choose one of %s"
                        .formatted(name, ALL.stream().map(Decoder::name).collect(joining(", ")))));
    }

    private static Decoder lossless(
            String name, String description, Drafts drafts, Refinement refinement, Acceptance acceptance) {
        return new Decoder(name, description, true, drafts, Rows.AS_READ, refinement, acceptance);
    }

    /** Drafts share their position's Gumbel noise, so that they change only where their rows do. */
    private static Decoder corrected(String name, String description, Drafts drafts, Acceptance acceptance) {
        return new Decoder(name, description, true, drafts, Rows.CORRECTED, Refinement.SHARED_GUMBEL, acceptance);
    }
}
