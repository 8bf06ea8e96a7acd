package org.sjd4j.decode;

import org.sjd4j.decode.random.PositionRandom;
import org.sjd4j.decode.sampling.Distribution;

/**
 * What becomes of a draft that could not be verified because something left of it changed: a kernel that turns a draft
 * of distribution q into one that suits the row p. It returns the true distribution of the new token, which is p for most
 * kernels, <em>also when it keeps the token</em>: keeping the old distribution there is the mistake that makes a decoder
 * quietly wrong.
 *
 * <p>A refinement also makes first guesses ({@link Initialisation#PREVIOUS}) and acceptances ({@link Acceptance#equality}).
 */
@FunctionalInterface
interface Refinement {

    /** A fresh, independent sample (SJD, arXiv 2410.01699). */
    Refinement RESAMPLE = (draft, p, random) -> new Draft(p.sample(random.uniform()), p);

    /**
     * As likely as possible the same token again (SCD, arXiv 2510.24211; SJD-PAC, 2603.18599): keep the draft x with
     * probability min(1, p(x)/q(x)), otherwise sample from the residual (p - q)+, which excludes x. The residual sample
     * needs fresh randomness, never the Gumbel noise that the draft came from.
     */
    Refinement MAXIMAL_COUPLING = (draft, p, random) -> {
        Distribution q = draft.distribution();
        boolean keep = random.uniform() * q.probability(draft.token()) < p.probability(draft.token());
        return new Draft(keep ? draft.token() : p.residual(q).sample(random.uniform()), p);
    };

    /** The same noise as ever: argmax(ln p + g), so that a slowly changing row gives the same token (SCD's other coupling). */
    Refinement SHARED_GUMBEL = (draft, p, random) -> new Draft(p.argmax(random.gumbel()), p);

    /** The most probable token, of a distribution that knows no other: greedy decoding, not sampling. */
    Refinement ARGMAX = (draft, p, random) -> Draft.certain(p.argmax());

    /**
     * The next draft, with the distribution that its token has.
     *
     * @param draft the draft, of distribution q
     * @param p the position's row of this pass
     * @param random the position's own randomness
     */
    Draft next(Draft draft, Distribution p, PositionRandom random);
}
