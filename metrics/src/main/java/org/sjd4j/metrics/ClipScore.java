package org.sjd4j.metrics;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The definitions of the CLIP score of pairs of a text and an image. They differ in what is cut off at zero, and by what
 * cosines are multiplied; published numbers seldom say which one they are.
 */
public enum ClipScore {
    /**
     * The mean over the pairs of {@code max(100 cos, 0)}: Hessel's definition with 100 in place of his weight, the default.
     */
    CLAMPED_PAIRS("clamped-pairs") {
        @Override
        double defined(float[] cosines, double scale) {
            return 100 * meanOfClamped(cosines);
        }
    },

    /**
     * {@code max(mean(100 cos), 0)}: a pair below zero takes away from the others ({@code
     * functional/multimodal/clip_score.py} of Lightning-AI/torchmetrics).
     */
    TORCHMETRICS("torchmetrics") {
        @Override
        double defined(float[] cosines, double scale) {
            return Math.max(100 * mean(cosines), 0);
        }
    },

    /**
     * {@code exp(logit_scale) mean(cos)}, which may be negative (package clip-score of Taited). The scale of the
     * published networks is 100.
     */
    PACKAGE("package") {
        @Override
        double defined(float[] cosines, double scale) {
            return scale * mean(cosines);
        }
    },

    /** The mean over the pairs of {@code 2.5 max(cos, 0)} (Hessel et al., CLIPScore, arXiv 2104.08718, section 3). */
    HESSEL("hessel") {
        @Override
        double defined(float[] cosines, double scale) {
            return 2.5 * meanOfClamped(cosines);
        }
    };

    private final String label;

    ClipScore(String label) {
        this.label = label;
    }

    /**
     * The definition of this name.
     *
     * @throws IllegalArgumentException if there is none, with the names that there are
     */
    public static ClipScore named(String label) {
        return Arrays.stream(values())
                .filter(score -> score.label.equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no CLIP score is called '" + label + "'; there are "
                        + Arrays.stream(values()).map(ClipScore::toString).collect(Collectors.joining(", "))));
    }

    /**
     * The score of some pairs.
     *
     * @param cosines of the embeddings of each pair
     * @param scale what the network multiplies cosines by ({@link TextImageMetric#scale}); only {@link #PACKAGE} looks at it
     * @throws IllegalArgumentException if there are no pairs
     */
    public double of(float[] cosines, double scale) {
        if (cosines.length == 0) {
            throw new IllegalArgumentException("a score needs at least one pair of a text and an image");
        }
        return defined(cosines, scale);
    }

    abstract double defined(float[] cosines, double scale);

    private static double mean(float[] cosines) {
        double sum = 0;
        for (float cosine : cosines) {
            sum += cosine;
        }
        return sum / cosines.length;
    }

    private static double meanOfClamped(float[] cosines) {
        double sum = 0;
        for (float cosine : cosines) {
            sum += Math.max(cosine, 0);
        }
        return sum / cosines.length;
    }

    /** The name that {@link #named} knows. */
    @Override
    public String toString() {
        return label;
    }
}
