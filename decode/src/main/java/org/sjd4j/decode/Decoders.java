package org.sjd4j.decode;

import static java.util.stream.Collectors.joining;

import java.util.List;
import org.sjd4j.decode.Decoder.Drafts;

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

    private static final List<Decoder> ALL =
            List.of(AR, JACOBI, SJD, SJD_COUPLED, SJD_GUMBEL, SJD_EXACT, SJD2, SJD2_COUPLED, SJD2_GUMBEL, SJD2_EXACT);

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
        return new Decoder(name, description, true, drafts, refinement, acceptance);
    }
}
