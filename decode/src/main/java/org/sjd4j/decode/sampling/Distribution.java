package org.sjd4j.decode.sampling;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.sjd4j.decode.random.GumbelNoise;

/**
 * A probability row over token ids, after guidance, grammar, temperature, top-k and top-p. Only its support is stored,
 * so a top-k row of 2000 ids takes 16 KB whatever the size of the vocabulary. Immutable.
 */
public final class Distribution {

    private static final double NOTHING = 1e-12;

    private final int[] ids;
    private final float[] probabilities;
    private final double mass;
    private final boolean consecutive;

    /** Trusts its caller: ids ascend, probabilities are finite, not negative and sum to 1; the arrays are not copied. */
    Distribution(int[] ids, float[] probabilities) {
        this.ids = ids;
        this.probabilities = probabilities;
        this.mass = sum(probabilities, probabilities.length);
        this.consecutive = ids[ids.length - 1] - ids[0] == ids.length - 1;
    }

    /** The sum of the first numbers of an array: four sums side by side, as one would wait for each addition. */
    static double sum(float[] numbers, int count) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i < count - 3; i += 4) {
            a += numbers[i];
            b += numbers[i + 1];
            c += numbers[i + 2];
            d += numbers[i + 3];
        }
        for (; i < count; i++) {
            a += numbers[i];
        }
        return a + b + (c + d);
    }

    /**
     * The distribution that is proportional to the weights.
     *
     * @param ids ascending token ids
     * @param weights one finite, non-negative weight for each id
     * @throws IllegalArgumentException if this is not so
     */
    public static Distribution of(int[] ids, double[] weights) {
        if (ids.length != weights.length) {
            throw new IllegalArgumentException("found %s ids but %s weights".formatted(ids.length, weights.length));
        }
        for (int i = 1; i < ids.length; i++) {
            if (ids[i - 1] >= ids[i]) {
                throw new IllegalArgumentException("ids must ascend, but %s follows %s".formatted(ids[i], ids[i - 1]));
            }
        }
        double sum = 0;
        for (double weight : weights) {
            sum += weight >= 0 ? weight : Double.NaN;
        }
        if (!(sum > 0 && sum < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "weights must be finite, not negative and not all zero, but found " + Arrays.toString(weights));
        }
        float[] probabilities = new float[weights.length];
        for (int i = 0; i < weights.length; i++) {
            probabilities[i] = (float) (weights[i] / sum);
        }
        return new Distribution(ids.clone(), probabilities);
    }

    /** The distribution over ids 0, 1, 2, ... that is proportional to the weights. */
    public static Distribution dense(double... weights) {
        return of(IntStream.range(0, weights.length).toArray(), weights);
    }

    /** All mass on one id. */
    public static Distribution oneHot(int id) {
        return new Distribution(new int[] {id}, new float[] {1});
    }

    /** Equal mass on each of the ascending ids. */
    public static Distribution uniform(int[] ids) {
        double[] weights = new double[ids.length];
        Arrays.fill(weights, 1);
        return of(ids, weights);
    }

    /** The first weights over their sum, as probabilities. */
    static float[] scaled(float[] weights, int count, double sum) {
        double scale = 1 / sum;
        float[] probabilities = new float[count];
        for (int i = 0; i < count; i++) {
            probabilities[i] = (float) (weights[i] * scale);
        }
        return probabilities;
    }

    /** The number of ids that are stored; all others have probability 0. */
    public int size() {
        return ids.length;
    }

    /** The i-th stored id; ids ascend. */
    public int id(int i) {
        return ids[i];
    }

    /** The probability of a token id. */
    public double probability(int id) {
        int i = consecutive ? id - ids[0] : Arrays.binarySearch(ids, id);
        return i >= 0 && i < ids.length ? probabilities[i] : 0;
    }

    /** The entropy in nats: what a sample's negative log-probability is on average. */
    public double entropy() {
        double sum = 0;
        for (float probability : probabilities) {
            if (probability > 0) {
                sum -= probability * Math.log(probability);
            }
        }
        return sum;
    }

    /** Samples an id by the inverse of the cumulative distribution at {@code u} in (0, 1). */
    public int sample(double u) {
        double target = u * mass;
        double cumulated = probabilities[0];
        int i = 0;
        while (cumulated <= target && i < ids.length - 1) {
            cumulated += probabilities[++i];
        }
        while (i > 0 && probabilities[i] == 0) { // the end is reached where u * mass was rounded up to the mass
            i--;
        }
        return ids[i];
    }

    /** The most probable id, the smallest of several. */
    public int argmax() {
        int best = 0;
        for (int i = 1; i < ids.length; i++) {
            if (probabilities[i] > probabilities[best]) {
                best = i;
            }
        }
        return ids[best];
    }

    /**
     * Samples {@code argmax(ln p + g)} with a position's fixed Gumbel noise g, computed as the largest {@code p * e^g}.
     * Only the support is touched.
     */
    public int argmax(GumbelNoise noise) {
        int best = 0;
        double bestScore = -1;
        for (int i = 0; i < ids.length; i++) {
            if (probabilities[i] > 0 && probabilities[i] * (double) noise.atMost(ids[i]) > bestScore) {
                double score = probabilities[i] * (double) noise.weight(ids[i]);
                if (score > bestScore) {
                    bestScore = score;
                    best = i;
                }
            }
        }
        return ids[best];
    }

    /**
     * What a rejected draft is replaced from: the normalised positive part of {@code this - q}, or this distribution
     * itself if nothing is left because both are equal (Leviathan et al., arXiv 2211.17192).
     *
     * @param q the distribution of the rejected draft
     */
    public Distribution residual(Distribution q) {
        float[] rest = new float[ids.length];
        int i = 0;
        int j = 0;
        while (i < ids.length
                && j < q.ids.length) { // no branch on which id is less: half of them would be mispredicted
            int ahead = ids[i] - q.ids[j];
            int same = (ahead - 1 & ~ahead) >> Integer.SIZE - 1; // all bits for 0, otherwise none
            int other = Float.floatToRawIntBits(q.probabilities[j]) & same;
            rest[i] = probabilities[i] - Float.intBitsToFloat(other); // again, where only j moves on
            i += 1 + (-ahead >> Integer.SIZE - 1);
            j += 1 + (ahead >> Integer.SIZE - 1);
        }
        System.arraycopy(probabilities, i, rest, i, ids.length - i);
        for (int k = 0; k < rest.length; k++) {
            rest[k] = Math.max(0, rest[k]);
        }
        double sum = sum(rest, rest.length);
        return sum < NOTHING ? this : new Distribution(ids, scaled(rest, rest.length, sum));
    }

    /** Half the sum of absolute differences: 0 for equal distributions, 1 for disjoint supports. */
    public double totalVariation(Distribution q) {
        double sum = 0;
        int i = 0;
        int j = 0;
        while (i < ids.length || j < q.ids.length) {
            int mine = i < ids.length ? ids[i] : Integer.MAX_VALUE;
            int other = j < q.ids.length ? q.ids[j] : Integer.MAX_VALUE;
            float p = mine <= other ? probabilities[i++] : 0;
            float r = other <= mine ? q.probabilities[j++] : 0;
            sum += Math.abs(p - r);
        }
        return sum / 2;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < Math.min(ids.length, 8); i++) {
            text.append(i == 0 ? "" : ", ").append(ids[i]).append(": ").append(probabilities[i]);
        }
        return text.append(ids.length > 8 ? ", ... (" + ids.length + " ids)}" : "}")
                .toString();
    }
}
