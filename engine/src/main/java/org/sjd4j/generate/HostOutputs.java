package org.sjd4j.generate;

import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.RowProcessor;

/** What a pass gave for the rows of one image, in an array that other images may share. */
final class HostOutputs implements Corrections.Pass {
    private final RasterLayout layout;
    private final RowProcessor processor;
    private final int branches;
    private final int position;
    private final int count;
    private final float[] outputs;
    private final int first;
    private final int width;

    /**
     * @param processor guides rows that are corrected
     * @param branches 2 with guidance: then the unconditional rows stand behind the conditional ones
     * @param position that the first row predicts
     * @param count rows of a branch
     * @param outputs {@code [., width]}: a row's logits, and behind them its features for a neighbour head
     * @param first the first row that is this image's
     */
    HostOutputs(
            RasterLayout layout,
            RowProcessor processor,
            int branches,
            int position,
            int count,
            float[] outputs,
            int first,
            int width) {
        this.layout = layout;
        this.processor = processor;
        this.branches = branches;
        this.position = position;
        this.count = count;
        this.outputs = outputs;
        this.first = first;
        this.width = width;
    }

    /**
     * Makes the distributions of rows {@code from} to {@code to - 1}.
     *
     * @return true, for callers that need a result
     */
    boolean process(RowProcessor by, Distribution[] into, int from, int to) {
        for (int i = from; i < to; i++) {
            into[i] = by.process(position + i, outputs, logit0(i), unconditional(), logit0(i + count));
        }
        return true;
    }

    private float @Nullable [] unconditional() {
        return branches == 1 ? null : outputs;
    }

    /** Where the logit of id 0 would stand. */
    private int logit0(int row) {
        return (first + row) * width - layout.firstImageId();
    }

    @Override
    public float[] guided(int row) {
        return processor.guided(outputs, logit0(row), unconditional(), logit0(row + count));
    }

    @Override
    public float[] features() {
        return outputs;
    }

    @Override
    public int withPrompt(int row) {
        return (first + row) * width + layout.codebookSize();
    }

    @Override
    public int withoutPrompt(int row) {
        return withPrompt(branches == 1 ? row : row + count);
    }
}
