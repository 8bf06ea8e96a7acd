package org.sjd4j.decode;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Turns a row of logits into the distribution that is drawn from and verified against, in the one order that all AR
 * image models share: guidance, mask, temperature, top-k, top-p, softmax. Structural positions are one-hot.
 *
 * <p>Holds buffers: one instance per thread.
 */
public final class RowProcessor {

    private final Layout layout;
    private final Sampling sampling;
    private final int[] imageIds;
    private final boolean consecutive;
    private final float[] logits;
    private final float[] without;
    private final int[] survivors;
    private final Selection selection;

    public RowProcessor(Layout layout, Sampling sampling) {
        this.layout = layout;
        this.sampling = sampling;
        this.imageIds = layout.imageIds();
        this.consecutive = imageIds[imageIds.length - 1] - imageIds[0] == imageIds.length - 1;
        this.logits = new float[imageIds.length];
        this.without = new float[imageIds.length];
        this.survivors = new int[imageIds.length];
        this.selection = new Selection(imageIds.length);
    }

    /**
     * A row without guidance, which also serves as a proposal beyond the guided rows.
     *
     * @see #process(int, float[], int, float[], int)
     */
    public Distribution process(int position, float[] conditional, int offset) {
        return process(position, conditional, offset, null, 0);
    }

    /**
     * The distribution of the token at a position.
     *
     * @param position image position that the row predicts
     * @param conditional holds the logits of the row with the prompt
     * @param offset where the logit of id 0 stands in {@code conditional}
     * @param unconditional holds the logits of the row without the prompt, or null for no guidance
     * @param unconditionalOffset where the logit of id 0 stands in {@code unconditional}
     * @throws DecodingException if a logit of an image id is NaN or positive infinity, or all are negative infinity
     */
    public Distribution process(
            int position, float[] conditional, int offset, float @Nullable [] unconditional, int unconditionalOffset) {
        int forced = layout.forcedAt(position);
        if (forced != Layout.NONE) {
            return Distribution.oneHot(forced);
        }
        gather(logits, conditional, offset);
        if (unconditional != null && sampling.guided()) {
            gather(without, unconditional, unconditionalOffset);
            guide();
        }
        float max = scaleToTemperature();
        if (!(Math.abs(max) < Float.POSITIVE_INFINITY)) {
            throw new DecodingException("no distribution at position %d: %s".formatted(position, describe(max)));
        }
        int topK = sampling.topK();
        float threshold = topK == 0 || topK >= logits.length ? -Float.MAX_VALUE : selection.largest(logits, topK);
        return topP(softmax(max, Math.max(threshold, -Float.MAX_VALUE)));
    }

    private void gather(float[] target, float[] source, int offset) {
        if (consecutive) {
            System.arraycopy(source, offset + imageIds[0], target, 0, target.length);
            return;
        }
        for (int i = 0; i < target.length; i++) {
            target[i] = source[offset + imageIds[i]];
        }
    }

    private void guide() {
        float scale = (float) sampling.guidanceScale();
        for (int i = 0; i < logits.length; i++) {
            logits[i] = without[i] + scale * (logits[i] - without[i]);
        }
    }

    /** Returns the largest logit, or NaN if any is NaN. */
    private float scaleToTemperature() {
        float temperature = (float) sampling.temperature();
        for (int i = 0; i < logits.length; i++) {
            logits[i] /= temperature;
        }
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        return max;
    }

    private static String describe(float max) {
        if (max == Float.NEGATIVE_INFINITY) {
            return "all image tokens are masked, that is, have a logit of negative infinity";
        }
        return "the model's logits contain %s; check its weights and whether its number format overflows"
                .formatted(Float.isNaN(max) ? "NaN" : "infinity");
    }

    private Distribution softmax(float max, float threshold) {
        int n = 0;
        for (int i = 0; i < logits.length; i++) {
            survivors[n] = i; // overwritten unless it survives: no branch to mispredict
            n += logits[i] >= threshold ? 1 : 0;
        }
        int[] ids = new int[n];
        float[] weights = new float[n];
        double sum = 0;
        for (int i = 0; i < n; i++) {
            ids[i] = imageIds[survivors[i]];
            weights[i] = (float) Math.exp(logits[survivors[i]] - max);
            sum += weights[i];
        }
        return scaled(n == logits.length ? imageIds : ids, weights, sum);
    }

    /** Keeps the most probable ids that together reach top-p, and those as probable as the last of them. */
    private Distribution topP(Distribution row) {
        if (sampling.topP() == 1) {
            return row;
        }
        float[] sorted = new float[row.size()];
        for (int i = 0; i < sorted.length; i++) {
            sorted[i] = row.stored(i);
        }
        Arrays.sort(sorted);
        int least = sorted.length - 1;
        for (double sum = sorted[least]; sum < sampling.topP() && least > 0; sum += sorted[least]) {
            least--;
        }
        return atLeast(sorted[least], row);
    }

    private static Distribution atLeast(float threshold, Distribution row) {
        int[] ids = new int[row.size()];
        float[] weights = new float[row.size()];
        double sum = 0;
        int n = 0;
        for (int i = 0; i < row.size(); i++) {
            float probability = row.stored(i);
            if (probability >= threshold) {
                ids[n] = row.id(i);
                weights[n++] = probability;
                sum += probability;
            }
        }
        return scaled(Arrays.copyOf(ids, n), Arrays.copyOf(weights, n), sum);
    }

    private static Distribution scaled(int[] ids, float[] weights, double sum) {
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) (weights[i] / sum);
        }
        return new Distribution(ids, weights);
    }
}
