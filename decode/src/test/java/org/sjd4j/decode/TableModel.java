package org.sjd4j.decode;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.Layout;

/**
 * A model that is nothing but a table: the distribution of the next of 3 letters after every text of up to 3 letters. All 81
 * images can be enumerated. It keeps a cache by position like a transformer, and behaves arbitrarily (but
 * deterministically) after noise. So does its neighbour head: it corrects a row into any other one.
 */
final class TableModel implements ImageModel {

    static final int LETTERS = 3;
    static final int LENGTH = 4;
    static final int IMAGES = 81;

    private static final int CONTEXTS = 1 + 3 + 9 + 27;
    private static final int MOODS = 61;
    private static final float[][] EMBEDDINGS = {{1.2f, -0.3f}, {-0.4f, 1.1f}, {-0.9f, -0.8f}};

    private final Distribution[] next;
    private final Distribution[] afterNoise;
    private final Distribution[] corrected;
    private final Layout layout = new RasterLayout(2, 2, 0, LETTERS);

    private final Row[] cache = new Row[LENGTH];

    TableModel(long tableSeed) {
        Random random = new Random(tableSeed);
        next = table(random, CONTEXTS);
        afterNoise = table(random, MOODS);
        corrected = table(random, MOODS);
    }

    private static Distribution[] table(Random random, int rows) {
        Distribution[] table = new Distribution[rows];
        Arrays.setAll(
                table,
                _ -> Distribution.dense(
                        Math.exp(1.3 * random.nextGaussian()),
                        Math.exp(1.3 * random.nextGaussian()),
                        Math.exp(1.3 * random.nextGaussian())));
        return table;
    }

    /** The probability of every image, indexed by {@link #index}. */
    double[] enumerate() {
        return enumerate(KeptTokens.NONE);
    }

    /** The same if some letters are given: each other one has its probability after the letters before it. */
    double[] enumerate(KeptTokens kept) {
        double[] probabilities = new double[IMAGES];
        for (int image = 0; image < IMAGES; image++) {
            double probability = 1;
            int context = 0;
            int position = 0;
            for (int power = 27, rest = image; power > 0; rest %= power, power /= 3) {
                int letter = rest / power;
                int given = kept.at(position++);
                probability *= given == Layout.NONE ? next[context].probability(letter) : given == letter ? 1 : 0;
                context = longer(context, letter);
            }
            probabilities[image] = probability;
        }
        return probabilities;
    }

    static int index(int[] letters) {
        return ((letters[0] * 3 + letters[1]) * 3 + letters[2]) * 3 + letters[3];
    }

    /** Numbers the contexts: the empty one is 0, its continuations are 1, 2, 3, and so on. */
    private static int longer(int context, int letter) {
        return 3 * context + 1 + letter;
    }

    @Override
    public Distribution[] step(int position, List<Row> rows) {
        Distribution[] result = new Distribution[rows.size()];
        for (int i = 0; i < rows.size(); i++) {
            if (position + i > 0) {
                cache[position + i - 1] = rows.get(i);
            }
        }
        int context = 0;
        int noise = 0;
        for (int p = 0; p < position + rows.size(); p++) {
            if (p >= position) {
                result[p - position] = noise != 0 ? afterNoise[Math.floorMod(noise, MOODS)] : next[context];
            }
            if (p < position + rows.size() - 1) {
                switch (cache[p]) {
                    case Row.Start _ -> throw new AssertionError("the end of the prompt at position " + p);
                    case Row.Token(int id) -> {
                        context = longer(context, id);
                        noise = noise == 0 ? 0 : (31 * noise + id) | 1;
                    }
                    case Row.Noisy(float[] z, float t) ->
                        noise = (31 * noise + Math.round(5 * z[0]) + 17 * Math.round(5 * z[1]) + Math.round(9 * t)) | 1;
                }
            }
        }
        return result;
    }

    @Override
    public boolean correctsRows() {
        return true;
    }

    @Override
    public Distribution corrected(int position, Row read, int left, int above) {
        int before = read instanceof Row.Token(int id) ? id : LETTERS;
        return corrected[(((position * 4 + before) * 3 + left) * 4 + above + 1) % MOODS];
    }

    @Override
    public int length() {
        return LENGTH;
    }

    @Override
    public Layout layout() {
        return layout;
    }

    @Override
    public int embeddingSize() {
        return 2;
    }

    @Override
    public float[] embedding(int id) {
        return EMBEDDINGS[id];
    }
}
