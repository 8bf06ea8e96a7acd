package org.sjd4j.decode;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.Layout;
import org.sjd4j.decode.sampling.RowProcessor;
import org.sjd4j.decode.sampling.Sampling;

/**
 * A longer image of 32 codes: each token depends on the tokens to the left and above. It reads a noisy embedding as
 * the nearest code, the less decidedly the more noise, and drops guidance where it is not asked for. Its neighbour head is
 * as good as can be: it gives the row that the model would give.
 */
final class RasterModel implements ImageModel {

    static final int CODES = 32;
    static final int FIRST_ID = 4;

    private static final int DIMENSIONS = 6;

    private final RasterLayout layout;
    private final RowProcessor rowProcessor;
    private final float[][] leftLogits;
    private final float[][] aboveLogits;
    private final float[][] embeddings;
    private final Row[] cache;
    private final List<Integer> rowsPerStep = new ArrayList<>();

    RasterModel(RasterLayout layout, double sharpness) {
        this(layout, sharpness, new Sampling(1, 1, 20, 1));
    }

    RasterModel(RasterLayout layout, double sharpness, Sampling sampling) {
        this.layout = layout;
        this.rowProcessor = new RowProcessor(layout, sampling);
        Random random = new Random(12);
        this.leftLogits = gaussian(random, CODES + 1, CODES, sharpness);
        this.aboveLogits = gaussian(random, CODES + 1, CODES, sharpness);
        this.embeddings = gaussian(random, CODES, DIMENSIONS, 1);
        this.cache = new Row[layout.length()];
    }

    /** 9 lines of 12 codes, which is no multiple of any window. */
    static RasterModel plain() {
        return new RasterModel(new RasterLayout(12, 9, FIRST_ID, CODES), 1.5);
    }

    private static float[][] gaussian(Random random, int rows, int columns, double scale) {
        float[][] values = new float[rows][columns];
        for (float[] row : values) {
            for (int i = 0; i < columns; i++) {
                row[i] = (float) (scale * random.nextGaussian());
            }
        }
        return values;
    }

    @Override
    public Distribution[] step(int position, List<Row> rows) {
        rowsPerStep.add(rows.size());
        for (int i = 0; i < rows.size(); i++) {
            if (position + i > 0) {
                cache[position + i - 1] = rows.get(i);
            }
        }
        Distribution[] result = new Distribution[rows.size()];
        for (int i = 0; i < result.length; i++) {
            float[] logits = new float[FIRST_ID + CODES];
            add(logits, leftLogits, layout.leftNeighbour(position + i));
            add(logits, aboveLogits, layout.aboveNeighbour(position + i));
            result[i] = rowProcessor.process(position + i, logits, 0);
        }
        return result;
    }

    @Override
    public boolean correctsRows() {
        return true;
    }

    @Override
    public Distribution corrected(int position, Row read, int left, int above) {
        float[] logits = new float[FIRST_ID + CODES];
        boolean begins = layout.leftNeighbour(position) == Layout.NONE;
        add(logits, leftLogits, begins ? null : new Row.Token(left));
        add(logits, aboveLogits, above == Layout.NONE ? null : new Row.Token(above));
        return rowProcessor.process(position, logits, 0);
    }

    private void add(float[] logits, float[][] table, int neighbour) {
        add(logits, table, neighbour == Layout.NONE ? null : cache[neighbour]);
    }

    private void add(float[] logits, float[][] table, @Nullable Row neighbour) {
        int code = CODES;
        float weight = 1;
        if (neighbour != null) {
            switch (neighbour) {
                case Row.Start _ -> throw new AssertionError("the end of the prompt as a neighbour");
                case Row.Token(int id) -> code = id - FIRST_ID;
                case Row.Noisy(float[] z, float noiseLevel) -> {
                    code = nearest(z);
                    weight = 1 - noiseLevel;
                }
            }
        }
        for (int i = 0; i < CODES; i++) {
            logits[FIRST_ID + i] += weight * table[code][i];
        }
    }

    private int nearest(float[] z) {
        int best = 0;
        double bestDistance = Double.POSITIVE_INFINITY;
        for (int code = 0; code < CODES; code++) {
            double distance = 0;
            for (int d = 0; d < DIMENSIONS; d++) {
                distance += Math.pow(z[d] - embeddings[code][d], 2);
            }
            if (distance < bestDistance) {
                bestDistance = distance;
                best = code;
            }
        }
        return best;
    }

    List<Integer> rowsPerStep() {
        return rowsPerStep;
    }

    @Override
    public int length() {
        return layout.length();
    }

    @Override
    public Layout layout() {
        return layout;
    }

    @Override
    public int embeddingSize() {
        return DIMENSIONS;
    }

    @Override
    public float[] embedding(int id) {
        return embeddings[id - FIRST_ID];
    }

    @Override
    public NoiseSchedule noiseSchedule() {
        return new NoiseSchedule(0.1, 8);
    }
}
