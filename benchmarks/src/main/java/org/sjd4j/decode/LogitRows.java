package org.sjd4j.decode;

import java.util.Random;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.sjd4j.decode.random.GumbelNoise;
import org.sjd4j.decode.random.PositionRandom;
import org.sjd4j.decode.random.Randomness;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.RowProcessor;
import org.sjd4j.decode.sampling.Sampling;

/**
 * Logits of one forward pass at random: rows that favour some ids, and unconditional rows that mostly agree with
 * them. What one pass says differs a little from what the next one says, as it does when drafts to the left change.
 */
@State(Scope.Benchmark)
public class LogitRows {

    /** The sampling of the published models that keep most ids: guidance, temperature 1, top-k. */
    static final Sampling TOP_K = new Sampling(4, 1, 2000, 1);

    /** The bundled model's sampling. */
    static final Sampling TOP_P = new Sampling(1.5, 0.5, 0, 0.95);

    private static final double SPREAD = 2;
    private static final double PROMPT = 0.3;
    private static final double CHANGE = 0.1;

    /** Rows and image ids: a window of the bundled model, of Chameleon, LlamaGen and Janus, Emu3, and of twice as many ids. */
    @Param({"16x1024", "64x8192", "64x16384", "64x32768"})
    public String shape = "";

    int rows;
    int ids;
    RasterLayout layout = new RasterLayout(1, 1, 0, 1);
    float[] logits = {};
    float[] next = {};

    /** Makes two passes. */
    @Setup(Level.Trial)
    public void make() {
        String[] sides = shape.split("x", -1);
        rows = Integer.parseInt(sides[0]);
        ids = Integer.parseInt(sides[1]);
        layout = new RasterLayout(1, rows, 0, ids);
        var random = new Random(1);
        logits = new float[2 * rows * ids];
        next = new float[2 * rows * ids];
        for (int i = 0; i < rows * ids; i++) {
            double without = SPREAD * random.nextGaussian();
            double with = without + PROMPT * random.nextGaussian();
            logits[i] = (float) with;
            logits[rows * ids + i] = (float) without;
            next[i] = (float) (with + CHANGE * random.nextGaussian());
            next[rows * ids + i] = (float) (without + CHANGE * random.nextGaussian());
        }
    }

    /** The distribution of one row of a pass. */
    Distribution process(RowProcessor processor, float[] pass, int row) {
        return processor.process(row, pass, row * ids, pass, (rows + row) * ids);
    }

    /** The distributions of all rows of a pass. */
    Distribution[] process(Sampling sampling, float[] pass) {
        var processor = new RowProcessor(layout, sampling);
        var result = new Distribution[rows];
        for (int row = 0; row < rows; row++) {
            result[row] = process(processor, pass, row);
        }
        return result;
    }

    /** The random of every position. */
    PositionRandom[] random() {
        var randomness = new Randomness(1);
        var random = new PositionRandom[rows];
        for (int row = 0; row < rows; row++) {
            random[row] = new PositionRandom(randomness, row, new GumbelNoise(randomness, row, 0, ids));
        }
        return random;
    }
}
