package org.sjd4j.decode;

import org.sjd4j.decode.random.PositionRandom;
import org.sjd4j.decode.sampling.Distribution;

/** How a position is settled for good, once its row was computed on nothing but final tokens. */
@FunctionalInterface
interface Acceptance {

    /**
     * The final token of a position.
     *
     * @param token its id
     * @param kept whether it is the draft, so that the rows after it were computed on the truth
     */
    record Verdict(int token, boolean kept) {}

    /**
     * Speculative sampling (Leviathan et al., arXiv 2211.17192; for Jacobi drafts SJD, arXiv 2410.01699): keep the draft x
     * with probability min(1, p(x)/q(x)), otherwise sample from the residual (p - q)+. That is the maximal coupling of q
     * and p, so the result has distribution p whatever q is. Lossless with every {@link Refinement}.
     */
    Acceptance SPECULATIVE = equality(Refinement.MAXIMAL_COUPLING);

    /**
     * Take what the position's Gumbel noise makes of the row, and go on while that is the draft. The result is a function of
     * row and seed, the one that autoregression computes. Lossless with every {@link Refinement}; with {@link
     * Refinement#SHARED_GUMBEL} drafts are right most often.
     */
    Acceptance SEED_EXACT = equality(Refinement.SHARED_GUMBEL);

    /**
     * Take what a refinement says, and go on while it says what the draft said. Lossless if the refinement makes a token of
     * distribution p of a draft of distribution q, as {@link Refinement#RESAMPLE}, {@link Refinement#MAXIMAL_COUPLING} and
     * {@link Refinement#SHARED_GUMBEL} do, but not {@link Refinement#ARGMAX}.
     */
    static Acceptance equality(Refinement refinement) {
        return (draft, p, random) -> {
            int token = refinement.next(draft, p, random).token();
            return new Verdict(token, token == draft.token());
        };
    }

    /**
     * Settles a position.
     *
     * @param draft the draft, of distribution q
     * @param p the position's row given the final tokens before it
     * @param random the position's own randomness
     */
    Verdict settle(Draft draft, Distribution p, PositionRandom random);
}
