package org.sjd4j.decode.random;

import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.random.Randomness.Purpose;

/**
 * The fixed Gumbel noise of one position, as weights {@code e^g}: {@code argmax(ln p + g)} is {@code argmax(p * e^g)},
 * which spares a logarithm per id and pass.
 *
 * <p>A weight {@code 1 / -ln u} is never above {@code 1 / (1 - u)}. Of thousands of ids only a few can win by that, so
 * the logarithm is computed for these alone. What was computed is kept, because the same ids come back in every pass
 * that the position spends in the window.
 */
public final class GumbelNoise {

    /** More than rounding can lift a weight above its bound. */
    private static final double ROUNDING = 1 + 0x1p-20;

    private final Randomness randomness;
    private final int position;
    private final int firstId;
    private final int idCount;

    /** Weights where they are known; bounds where these are known, as negative numbers; otherwise 0. */
    private float @Nullable [] known;

    /**
     * @param firstId the first of the ids whose weights are kept; the weights of others are computed each time
     * @param idCount the number of these ids
     */
    public GumbelNoise(Randomness randomness, int position, int firstId, int idCount) {
        this.randomness = randomness;
        this.position = position;
        this.firstId = firstId;
        this.idCount = idCount;
    }

    /** {@code e^g} of the id, positive and finite. */
    public float weight(int id) {
        int index = id - firstId;
        if (index < 0 || index >= idCount) {
            return compute(id);
        }
        float[] kept = kept();
        if (kept[index] <= 0) {
            kept[index] = compute(id);
        }
        return kept[index];
    }

    /** A number, finite and quickly found, that {@link #weight} of the id does not exceed. */
    public float atMost(int id) {
        int index = id - firstId;
        if (index < 0 || index >= idCount) {
            return bound(id);
        }
        float[] kept = kept();
        if (kept[index] == 0) {
            kept[index] = -bound(id);
        }
        return Math.abs(kept[index]);
    }

    private float[] kept() {
        float[] kept = known;
        if (kept == null) {
            kept = new float[idCount];
            known = kept;
        }
        return kept;
    }

    private float compute(int id) {
        return (float) (1 / randomness.exponential(position, id));
    }

    private float bound(int id) {
        return (float) (ROUNDING / (1 - randomness.uniform(position, Purpose.GUMBEL, id)));
    }
}
