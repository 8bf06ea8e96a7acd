package org.sjd4j.decode;

import java.util.List;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.Layout;

/**
 * All that the decode loop knows of a model together with one prompt: rows in, probability rows out. A table of
 * probabilities in a test and a model of eight billion weights implement it alike.
 *
 * <p>Positions count the tokens to generate from 0. An instance serves one decoding: it holds that image's KV cache.
 */
public interface ImageModel {

    /** The number of tokens to generate, structural tokens (line ends, end of image) included. */
    int length();

    /** Where structural tokens stand, which positions are neighbours, which ids are image tokens. */
    Layout layout();

    /**
     * One forward pass over the rows at positions {@code position - 1, position, position + 1, ...}.
     *
     * <p>{@code rows.get(0)} is the last accepted token, of image position {@code position - 1}, or {@link Row.Start} if
     * {@code position} is 0. {@code rows.get(i)} is the draft at {@code position + i - 1}. The model's KV cache is written
     * by position: what it holds before {@code position - 1} is valid, everything from there on is overwritten by these
     * rows. Rejecting drafts is thereby nothing but the next call's smaller {@code position}.
     *
     * @param position image position that the first row predicts
     * @param rows what the model reads, at least one row
     * @return as many distributions as rows; result {@code i} is the processed distribution (guidance, grammar,
     *     temperature, top-k, top-p) for {@code position + i}, one-hot at structural positions
     */
    Distribution[] step(int position, List<Row> rows);

    /**
     * Reads the first tokens of the image, which are known before the first step: the KV cache holds all of them but the last afterwards, which
     * the next pass reads.
     *
     * @param tokens at least one, structural ones included
     */
    default void read(int[] tokens) {
        var _ = step(0, Row.before(tokens));
    }

    /** The size of an embedding, or 0 for a model that cannot read {@linkplain Row.Noisy noisy rows}. */
    default int embeddingSize() {
        return 0;
    }

    /**
     * The normalised embedding of an image token, of {@link #embeddingSize()}; not to be modified.
     *
     * @throws UnsupportedOperationException if the model cannot read noisy rows
     */
    default float[] embedding(int id) {
        throw new UnsupportedOperationException("this model has no embeddings for noisy rows");
    }

    /** Whether the model has a neighbour head: whether {@link #corrected} can be asked. */
    default boolean correctsRows() {
        return false;
    }

    /**
     * About what a row of the last {@link #step} would be if it had read the token that stands to its left by now. Drafts are
     * sampled from it, nothing is verified by it: any distribution is right, and the better ones save steps.
     *
     * @param position image position that the row predicts; no structural one
     * @param read what the row read
     * @param left the token to its left as it is now
     * @param above the token above the position, or {@link Layout#NONE} on the first line
     * @return processed as those of {@link #step} are
     * @throws UnsupportedOperationException if the model has no neighbour head
     */
    default Distribution corrected(int position, Row read, int left, int above) {
        throw new UnsupportedOperationException("this model has no neighbour head");
    }

    /** The range of noise that the checkpoint was trained to read. */
    default NoiseSchedule noiseSchedule() {
        return NoiseSchedule.KARRAS;
    }
}
