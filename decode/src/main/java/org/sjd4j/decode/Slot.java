package org.sjd4j.decode;

import org.sjd4j.decode.random.PositionRandom;

/**
 * One position of the window. It always owns a draft; while its level is above 0 the model does not read the draft's
 * token but a noisy embedding that is on its way to it.
 *
 * @param draft the current guess; of a noisy slot, the token that the last denoising step aimed at
 * @param level denoising steps left, 0 for clean
 * @param row what the model reads here
 * @param random the position's own randomness
 */
record Slot(Draft draft, int level, Row row, PositionRandom random) {

    static Slot clean(Draft draft, PositionRandom random) {
        return new Slot(draft, 0, new Row.Token(draft.token()), random);
    }
}
