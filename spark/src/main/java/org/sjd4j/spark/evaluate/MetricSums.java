package org.sjd4j.spark.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sjd4j.metrics.StreamingStatistics;

/**
 * What the metrics of a process found in some images; that of others can be added.
 *
 * <p>Moments of features are merged, so no image's features are kept; of every pair of image and caption one number is.
 */
final class MetricSums implements Serializable {
    private static final long serialVersionUID = 1L;

    private final ArrayList<float[]> cosines = new ArrayList<>();
    private final ArrayList<StreamingStatistics> statistics;
    private long images;
    private long unreadable;
    private String problem = "";

    /**
     * Nothing so far.
     *
     * @param alignment number of metrics of pairs
     * @param statistics of nothing, one for each metric of distributions
     */
    MetricSums(int alignment, List<StreamingStatistics> statistics) {
        for (int i = 0; i < alignment; i++) {
            cosines.add(new float[0]);
        }
        this.statistics = new ArrayList<>(statistics);
    }

    /** Counts an image whose features are counted already. */
    void add(float[] ofMetrics) {
        images++;
        for (int i = 0; i < ofMetrics.length; i++) {
            cosines.set(i, joined(cosines.get(i), new float[] {ofMetrics[i]}));
        }
    }

    /** Counts an image that could not be read. */
    void unreadable(String why) {
        unreadable++;
        if (problem.isEmpty()) {
            problem = why;
        }
    }

    /** Counts what another one counted, which follows. */
    MetricSums merge(MetricSums other) {
        images += other.images;
        unreadable += other.unreadable;
        problem = problem.isEmpty() ? other.problem : problem;
        for (int i = 0; i < cosines.size(); i++) {
            cosines.set(i, joined(cosines.get(i), other.cosines.get(i)));
        }
        for (int i = 0; i < statistics.size(); i++) {
            statistics.get(i).merge(other.statistics.get(i));
        }
        return this;
    }

    private static float[] joined(float[] one, float[] other) {
        float[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    /** The cosines of a metric, one for each image. */
    float[] cosines(int metric) {
        return cosines.get(metric);
    }

    /** The moments of the features of an extractor. */
    StreamingStatistics statistics(int extractor) {
        return statistics.get(extractor);
    }

    long images() {
        return images;
    }

    long unreadableCount() {
        return unreadable;
    }

    /** What was wrong with the first image that could not be read. */
    String problem() {
        return problem;
    }
}
