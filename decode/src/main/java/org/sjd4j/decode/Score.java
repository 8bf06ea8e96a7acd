package org.sjd4j.decode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sjd4j.decode.sampling.Distribution;

/**
 * How probable a finished image is, token by token, when each is predicted from the true ones before it.
 *
 * <p>For images that were sampled from the scored distribution, log-probability plus entropy is 0 on average, because each
 * token was sampled from the row it is scored with. That makes {@link #surplus} a check of a whole sampler.
 *
 * @param logProbabilities natural logarithm of each token's probability; negative infinity for a token that top-k or
 *     top-p cut off, 0 at structural positions
 * @param entropies entropy in nats of the distribution of each position
 */
@SuppressWarnings("ArrayRecordComponent") // figures to be read, never compared
public record Score(double[] logProbabilities, double[] entropies) {

    /** Rows of one pass: a whole image of the bundled model, a bounded amount of logits for larger ones. */
    private static final int ROWS = 256;

    /**
     * Scores an image by feeding its own tokens.
     *
     * @param model a model with a prompt; its cache from image position 0 on is overwritten
     * @param tokens one id for each position
     * @throws IllegalArgumentException if there is not one token for each position
     */
    public static Score of(ImageModel model, int[] tokens) {
        if (tokens.length != model.length()) {
            throw new IllegalArgumentException(
                    "found %s tokens, expected the %s of an image".formatted(tokens.length, model.length()));
        }
        double[] logProbabilities = new double[tokens.length];
        double[] entropies = new double[tokens.length];
        for (int position = 0; position < tokens.length; position += ROWS) {
            List<Row> rows = new ArrayList<>();
            for (int i = position; i < Math.min(position + ROWS, tokens.length); i++) {
                rows.add(new Row.Token(i == 0 ? model.startToken() : tokens[i - 1]));
            }
            Distribution[] p = model.step(position, rows, rows.size());
            for (int i = 0; i < p.length; i++) {
                logProbabilities[position + i] = Math.log(p[i].probability(tokens[position + i]));
                entropies[position + i] = p[i].entropy();
            }
        }
        return new Score(logProbabilities, entropies);
    }

    /**
     * How many tokens the distribution excludes. A few may be so by rounding: a token at the edge of top-k in one forward
     * pass can lie beyond it in another.
     */
    public long impossible() {
        return Arrays.stream(logProbabilities).filter(Double::isInfinite).count();
    }

    /** The mean log-probability in nats per token, over tokens that are possible. */
    public double meanLogProbability() {
        return Arrays.stream(logProbabilities)
                .filter(Double::isFinite)
                .average()
                .orElse(Double.NaN);
    }

    /** The mean of log-probability plus entropy in nats per token, over tokens that are possible. */
    public double surplus() {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < logProbabilities.length; i++) {
            if (Double.isFinite(logProbabilities[i])) {
                sum += logProbabilities[i] + entropies[i];
                count++;
            }
        }
        return sum / count;
    }
}
