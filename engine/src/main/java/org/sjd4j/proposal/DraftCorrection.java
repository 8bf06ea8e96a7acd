package org.sjd4j.proposal;

/**
 * The part of a {@link NeighbourHead} that is computed on the host, one draft after the other, for each depends on the one
 * before. Some hundred thousand multiplications a draft take less than a call of a tensor library.
 *
 * <p>Holds buffers: one instance per image.
 */
public final class DraftCorrection {
    private final int ids;
    private final int inner;
    private final int rank;
    private final float[] bias;
    private final float[] read;
    private final float[] left;
    private final float[] above;
    private final float[] down;
    private final float[] up;
    private final float[] gate;
    private final float[] hidden;
    private final float[] low;

    DraftCorrection(
            NeighbourHead.Config config,
            int ids,
            float[] bias,
            float[] read,
            float[] left,
            float[] above,
            float[] down,
            float[] up,
            float[] gate) {
        this.ids = ids;
        this.inner = config.inner();
        this.rank = config.rank();
        this.bias = bias;
        this.read = read;
        this.left = left;
        this.above = above;
        this.down = down;
        this.up = up;
        this.gate = gate;
        this.hidden = new float[inner];
        this.low = new float[rank];
    }

    private DraftCorrection(DraftCorrection other) {
        this(
                new NeighbourHead.Config(other.inner, other.rank),
                other.ids,
                other.bias,
                other.read,
                other.left,
                other.above,
                other.down,
                other.up,
                other.gate);
    }

    /** Another instance over the same weights. */
    public DraftCorrection forAnotherImage() {
        return new DraftCorrection(this);
    }

    /**
     * Corrects a row of guided logits in place. Those of negative infinity stay so and cost nothing.
     *
     * @param logits one for each image token
     * @param scale what is added is multiplied by this: 1, or 1 / temperature if the logits are divided by it
     * @param features of the row with the prompt and without, from {@link NeighbourHead#features}
     * @param withPrompt where the row's {@code 2 * inner} numbers with the prompt begin
     * @param withoutPrompt where those without the prompt begin; the same if there is no such row
     * @param reads the image token that the row read, counted from the first image id, or {@link NeighbourHead#noise}
     * @param lefts the image token that stands there now
     * @param aboves the image token above, or {@link NeighbourHead#nothingAbove}
     */
    public void correct(
            float[] logits,
            float scale,
            float[] features,
            int withPrompt,
            int withoutPrompt,
            int reads,
            int lefts,
            int aboves) {
        for (int i = 0; i < inner; i++) {
            float sum = bias[i]
                    + features[withPrompt + i]
                    + features[withoutPrompt + inner + i]
                    + read[reads * inner + i]
                    + left[lefts * inner + i]
                    + above[aboves * inner + i];
            hidden[i] = (float) (sum / (1 + Math.exp(-sum)));
        }
        for (int r = 0; r < rank; r++) {
            low[r] = scale * dot(down, r * inner, hidden, inner);
        }
        float gated = 1 + dot(gate, 0, hidden, inner);
        for (int id = 0; id < ids; id++) {
            if (logits[id] > Float.NEGATIVE_INFINITY) {
                logits[id] = logits[id] * gated + dot(up, id * rank, low, rank);
            }
        }
    }

    /** Eight sums side by side, as one would wait for each addition. */
    private static float dot(float[] matrix, int from, float[] vector, int count) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        float e = 0;
        float f = 0;
        float g = 0;
        float h = 0;
        int i = 0;
        for (; i < count - 7; i += 8) {
            a += matrix[from + i] * vector[i];
            b += matrix[from + i + 1] * vector[i + 1];
            c += matrix[from + i + 2] * vector[i + 2];
            d += matrix[from + i + 3] * vector[i + 3];
            e += matrix[from + i + 4] * vector[i + 4];
            f += matrix[from + i + 5] * vector[i + 5];
            g += matrix[from + i + 6] * vector[i + 6];
            h += matrix[from + i + 7] * vector[i + 7];
        }
        for (; i < count; i++) {
            a += matrix[from + i] * vector[i];
        }
        return a + b + (c + d) + (e + f + (g + h));
    }
}
