package org.sjd4j.evaluation.run;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Finds the earliest position, over all images of a decoder, at which a token is not that of autoregression. */
final class FirstDifferences implements Consumer<ImageLine> {
    private final String baseline;
    private final Map<String, Integer> earliest = new HashMap<>();
    private int[] expected = {};

    /** Expects the lines in the plan's order, in which the baseline's image comes before the others of its prompt and seed. */
    FirstDifferences(String baseline) {
        this.baseline = baseline;
    }

    @Override
    public void accept(ImageLine line) {
        String decoder = line.image().decoder();
        if (decoder.equals(baseline)) {
            expected = line.tokenIds();
        }
        int position = Arrays.mismatch(expected, line.tokenIds());
        if (position >= 0) {
            earliest.merge(decoder, position, Math::min);
        }
    }

    /** The position by the decoder's label; nothing where all tokens are the same. */
    Map<String, Integer> earliest() {
        return earliest;
    }
}
