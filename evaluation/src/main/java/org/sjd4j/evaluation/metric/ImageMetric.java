package org.sjd4j.evaluation.metric;

import java.util.List;
import org.sjd4j.evaluation.run.ImageRecord;

/** Finds one figure for the images of a decoder. */
public interface ImageMetric {
    /** The column's name in files: letters, digits and underscores. */
    String key();

    /** The column's name in print. */
    String heading();

    /** Network and definition: figures of others cannot be compared. */
    String description();

    /**
     * A figure and how well it is known.
     *
     * @param value of all images
     * @param standardError of the value, NaN if there are too few images to tell
     * @param warning why it should not be trusted, or nothing
     */
    record Figure(double value, double standardError, String warning) {}

    /** Measures the images of one decoder. */
    Figure measure(List<ImageRecord> images);
}
