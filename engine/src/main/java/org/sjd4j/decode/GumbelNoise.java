package org.sjd4j.decode;

import org.jspecify.annotations.Nullable;

/**
 * The fixed Gumbel noise of one position, as weights {@code e^g}: {@code argmax(ln p + g)} is {@code argmax(p * e^g)},
 * which spares a logarithm per id and pass. A weight is computed when it is first asked for and then kept, because the
 * same ids come back in every pass that the position spends in the window.
 */
final class GumbelNoise {

    private final Randomness randomness;
    private final int position;
    private final int firstId;
    private final int idCount;
    private float @Nullable [] weights;

    /**
     * @param firstId the first of the ids whose weights are kept; the weights of others are computed each time
     * @param idCount the number of these ids
     */
    GumbelNoise(Randomness randomness, int position, int firstId, int idCount) {
        this.randomness = randomness;
        this.position = position;
        this.firstId = firstId;
        this.idCount = idCount;
    }

    /** {@code e^g} of the id, positive and finite. */
    float weight(int id) {
        int index = id - firstId;
        if (index < 0 || index >= idCount) {
            return compute(id);
        }
        float[] known = weights;
        if (known == null) {
            known = new float[idCount];
            weights = known;
        }
        if (known[index] == 0) {
            known[index] = compute(id);
        }
        return known[index];
    }

    private float compute(int id) {
        return (float) (1 / randomness.exponential(position, id));
    }
}
