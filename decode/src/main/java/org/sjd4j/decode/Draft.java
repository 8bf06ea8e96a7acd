package org.sjd4j.decode;

import org.sjd4j.decode.sampling.Distribution;

/**
 * A guessed token together with the distribution it was sampled from. The pair is never separated: verification is exact only
 * against the true distribution of the very token that is in the window.
 *
 * @param token the guess
 * @param distribution its distribution given everything to its left
 */
record Draft(int token, Distribution distribution) {

    /** A guess that follows from what is to its left, such as a neighbour's copy or a structural token. */
    static Draft certain(int token) {
        return new Draft(token, Distribution.oneHot(token));
    }
}
