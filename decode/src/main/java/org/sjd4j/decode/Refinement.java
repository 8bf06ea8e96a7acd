package org.sjd4j.decode;

import org.sjd4j.decode.random.Dice;
import org.sjd4j.decode.sampling.Distribution;

/**
 * What becomes of a draft that could not be verified because something left of it changed: a kernel that turns a draft
 * of law q into a draft of law p. It returns p as the new law <em>also when it keeps the token</em>; keeping the old law
 * there is the mistake that makes a decoder quietly wrong.
 */
@FunctionalInterface
interface Refinement {

    /** A fresh, independent draw (SJD, arXiv 2410.01699). */
    Refinement REDRAW = (draft, p, dice) -> new Draft(p.draw(dice.roll()), p);

    /** As likely as possible the same token again: keep it with min(1, p/q) (SCD, arXiv 2510.24211; SJD-PAC, 2603.18599). */
    Refinement MAXIMAL_COUPLING = (draft, p, dice) ->
            new Draft(Acceptance.SPECULATIVE.settle(draft, p, dice).token(), p);

    /** The same noise as ever: argmax(ln p + g), so that a slowly changing row gives the same token (SCD's other coupling). */
    Refinement SHARED_GUMBEL = (draft, p, dice) -> new Draft(p.argmax(dice.gumbel()), p);

    /** The most probable token, which is greedy decoding and not sampling. */
    Refinement ARGMAX = (draft, p, dice) -> Draft.certain(p.argmax());

    /**
     * The next draft, of law p.
     *
     * @param draft the draft, of law q
     * @param p the position's row of this pass
     * @param dice the position's own randomness
     */
    Draft next(Draft draft, Distribution p, Dice dice);
}
