package org.sjd4j.decode.sampling;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Turns a row of logits into the distribution that is sampled from and verified against, in the one order that all AR
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
    private final Survivors survivors;
    private final Selection selection;
    private final Exponentials exponentials;
    private final Nucleus nucleus;

    public RowProcessor(Layout layout, Sampling sampling) {
        this.layout = layout;
        this.sampling = sampling;
        this.imageIds = layout.imageIds();
        int size = imageIds.length;
        this.consecutive = imageIds[size - 1] - imageIds[0] == size - 1;
        this.logits = new float[size];
        this.without = new float[size];
        this.survivors = new Survivors(size);
        this.selection = new Selection(size);
        this.exponentials = new Exponentials(size);
        this.nucleus = new Nucleus(size);
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
        take(conditional, offset, unconditional, unconditionalOffset);
        return ofGuided(position);
    }

    /**
     * The logits that {@link #process(int, float[], int, float[], int)} makes a distribution of: guided and divided by the
     * temperature, one for each image id, for {@link #processGuided}.
     */
    public float[] guided(float[] conditional, int offset, float @Nullable [] unconditional, int unconditionalOffset) {
        take(conditional, offset, unconditional, unconditionalOffset);
        return logits.clone();
    }

    private void take(float[] conditional, int offset, float @Nullable [] unconditional, int unconditionalOffset) {
        gather(logits, conditional, offset);
        if (unconditional != null && (float) sampling.guidanceScale() != 1) { // as a device decides
            gather(without, unconditional, unconditionalOffset);
            guide();
        }
        scaleToTemperature();
    }

    /**
     * The distribution of the token at a position, of logits that are guided and divided by the temperature already.
     *
     * @param guided holds one logit for each image id, from {@code offset} on
     * @throws DecodingException as {@link #process(int, float[], int, float[], int)}
     */
    public Distribution processGuided(int position, float[] guided, int offset) {
        int forced = layout.forcedAt(position);
        if (forced != Layout.NONE) {
            return Distribution.oneHot(forced);
        }
        System.arraycopy(guided, offset, logits, 0, logits.length);
        return ofGuided(position);
    }

    /**
     * As {@link #processGuided}, of the largest logits of a row alone: those of a selection on another device. The result is
     * the same to the bit, or nothing where the largest do not tell it: logits that equal the last of top-k, or that top-p
     * keeps, might lie outside of them.
     *
     * @param rows the largest logits of each row
     * @param row index of the row
     * @throws DecodingException as {@link #process(int, float[], int, float[], int)}
     */
    public Optional<Distribution> processLargest(int position, LargestLogits rows, int row) {
        int forced = layout.forcedAt(position);
        if (forced != Layout.NONE) {
            return Optional.of(Distribution.oneHot(forced));
        }
        boolean all = rows.count() == logits.length;
        boolean cut = sampling.topK() > 0 && sampling.topK() < logits.length;
        if (!all && (cut ? sampling.topK() >= rows.count() : sampling.topP() == 1)) {
            return Optional.empty();
        }
        survivors.take(rows.values(), rows.places(), row * rows.count(), rows.count());
        boolean everyFinite = all || survivors.size() < rows.count();
        float max = finiteMax(position);
        float least = survivors.min();
        if (cut) {
            selection.select(sampling.topK(), survivors);
            if (!everyFinite && survivors.min() == least) {
                return Optional.empty();
            }
        }
        exponentials.replace(survivors.values(), survivors.size(), max);
        if (sampling.topP() < 1) {
            float threshold = cut || everyFinite
                    ? nucleus.threshold(survivors.values(), survivors.size(), sampling.topP())
                    : sureThreshold(rows.totals()[row]);
            if (threshold < 0) {
                return Optional.empty();
            }
            survivors.dropBelow(threshold);
        }
        return Optional.of(softmax());
    }

    /**
     * Where top-p cuts if the survivors are not all of a row; negative if they do not tell.
     *
     * @param total about the sum of all weights of the row
     */
    private float sureThreshold(double total) {
        float[] weights = survivors.values();
        int size = survivors.size();
        nucleus.sum(weights, size);
        double target = sampling.topP() * total;
        float early = nucleus.reaching(target * (1 - LargestLogits.TOTAL_ERROR), weights, size);
        float late = nucleus.reaching(target * (1 + LargestLogits.TOTAL_ERROR), weights, size);
        return early == late && late > survivors.min() ? late : -1;
    }

    /** The distribution of {@link #logits}. */
    private Distribution ofGuided(int position) {
        int topK = sampling.topK() == 0 ? logits.length : Math.min(sampling.topK(), logits.length);
        selection.preselect(topK, logits, survivors);
        float max = finiteMax(position);
        selection.select(topK, survivors);
        exponentials.replace(survivors.values(), survivors.size(), max);
        if (sampling.topP() < 1) {
            survivors.dropBelow(nucleus.threshold(survivors.values(), survivors.size(), sampling.topP()));
        }
        return softmax();
    }

    private float finiteMax(int position) {
        float max = survivors.max();
        if (!(Math.abs(max) < Float.POSITIVE_INFINITY)) {
            throw new DecodingException("no distribution at position %s: %s".formatted(position, describe(max)));
        }
        return max;
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

    /** On copies, because only loops that read and write the same places get vector instructions. */
    private void guide() {
        float scale = (float) sampling.guidanceScale();
        for (int i = 0; i < logits.length; i++) {
            logits[i] = without[i] + scale * (logits[i] - without[i]);
        }
    }

    private void scaleToTemperature() {
        float temperature = (float) sampling.temperature();
        if (temperature != 1) {
            for (int i = 0; i < logits.length; i++) {
                logits[i] /= temperature;
            }
        }
    }

    private static String describe(float max) {
        if (max == Float.NEGATIVE_INFINITY) {
            return "all image tokens are masked, that is, have a logit of negative infinity";
        }
        return "the model's logits contain %s; check its weights and whether its dtype overflows"
                .formatted(Float.isNaN(max) ? "NaN" : "infinity");
    }

    private Distribution softmax() {
        int size = survivors.size();
        float[] weights = survivors.values();
        float[] probabilities = Distribution.scaled(weights, size, Distribution.sum(weights, size));
        if (size == imageIds.length) {
            return new Distribution(imageIds, probabilities);
        }
        int[] ids = new int[size];
        for (int i = 0; i < size; i++) {
            ids[i] = consecutive ? imageIds[0] + survivors.place(i) : imageIds[survivors.place(i)];
        }
        return new Distribution(ids, probabilities);
    }
}
