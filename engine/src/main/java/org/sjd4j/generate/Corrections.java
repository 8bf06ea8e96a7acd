package org.sjd4j.generate;

import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Layout;
import org.sjd4j.proposal.DraftCorrection;
import org.sjd4j.proposal.NeighbourHead;

/** What an image's neighbour head needs of its last pass, and its corrections of that pass's rows. */
final class Corrections {
    private final RasterLayout layout;
    private final @Nullable NeighbourHead head;
    private final @Nullable DraftCorrection correction;

    /** Passes of the last step by the position of their first row: a window that has more rows than a pass takes several. */
    private final TreeMap<Integer, Pass> passes = new TreeMap<>();

    /** The rows of a pass, counted from 0. */
    interface Pass {
        /** A copy of a row's logits, guided and divided by the temperature, one for each image id. */
        float[] guided(int row);

        /** Holds {@link NeighbourHead#features} of all rows. */
        float[] features();

        /** Where the features of a row with the prompt begin. */
        int withPrompt(int row);

        /** Where the features of a row without the prompt begin. */
        int withoutPrompt(int row);
    }

    Corrections(@Nullable NeighbourHead head, RasterLayout layout) {
        this.layout = layout;
        this.head = head;
        this.correction = head == null ? null : head.draftCorrection();
    }

    /** Width of {@link NeighbourHead#features}; 0 without a head. */
    int featureWidth() {
        return head == null ? 0 : head.featureWidth();
    }

    /**
     * Remembers a pass.
     *
     * @param position that its first row predicts
     * @param first whether it is the first one of a step: those of the step before are forgotten
     */
    void passed(int position, boolean first, Pass pass) {
        if (head == null) {
            return;
        }
        if (first) {
            passes.clear();
        }
        passes.put(position, pass);
    }

    /** The corrected logits of the row that predicts a position. */
    float[] logits(int position, Row read, int left, int above, float temperature) {
        if (head == null || correction == null) {
            throw new UnsupportedOperationException("this model has no neighbour head");
        }
        var pass = passes.floorEntry(position);
        if (pass == null) {
            throw new IllegalArgumentException("no row of the last pass predicts position " + position);
        }
        int row = position - pass.getKey();
        float[] logits = pass.getValue().guided(row);
        correction.correct(
                logits,
                1 / temperature,
                pass.getValue().features(),
                pass.getValue().withPrompt(row),
                pass.getValue().withoutPrompt(row),
                read instanceof Row.Token(int id) ? id - layout.firstImageId() : head.noise(),
                left - layout.firstImageId(),
                above == Layout.NONE ? head.nothingAbove() : above - layout.firstImageId());
        return logits;
    }
}
