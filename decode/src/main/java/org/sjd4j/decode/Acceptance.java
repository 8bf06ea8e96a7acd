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
     * Speculative sampling: keep the draft x with probability min(1, p(x)/q(x)), otherwise sample from the residual (p -
     * q)+. The result has distribution p whatever q is (Leviathan et al., arXiv 2211.17192; for Jacobi drafts SJD, arXiv
     * 2410.01699). The residual sample needs fresh randomness, never the Gumbel noise that the draft came from.
     */
    Acceptance SPECULATIVE = (draft, p, random) -> {
        Distribution q = draft.distribution();
        if (random.uniform() * q.probability(draft.token()) < p.probability(draft.token())) {
            return new Verdict(draft.token(), true);
        }
        return new Verdict(p.residual(q).sample(random.uniform()), false);
    };

    /**
     * Take what the refinement says, and go on while it says what the draft said. With {@link
     * Refinement#SHARED_GUMBEL} this is seed-exact: the result is a function of row and seed, the one that
     * autoregression computes.
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
