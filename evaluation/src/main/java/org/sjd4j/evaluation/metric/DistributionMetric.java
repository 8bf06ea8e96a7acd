package org.sjd4j.evaluation.metric;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.ImageRecord;
import org.sjd4j.metrics.FeatureExtractor;
import org.sjd4j.metrics.FeatureStatistics;
import org.sjd4j.metrics.FrechetDistance;
import org.sjd4j.metrics.StreamingStatistics;

/**
 * How far the images of a decoder, all together, are from reference images: FID by InceptionV3, or the Fréchet
 * distance over the features of a scorer of our own.
 */
public final class DistributionMetric implements ImageMetric {
    private static final int GROUPS = 10;

    private final String heading;
    private final FeatureExtractor extractor;
    private final FeatureStatistics reference;
    private final SharedImages<float[]> features;

    /**
     * A metric of an evaluation's images.
     *
     * @param heading what the distance is called
     * @param reference of the images to compare with, by the same extractor
     */
    public DistributionMetric(
            Evaluation evaluation, String heading, FeatureExtractor extractor, FeatureStatistics reference) {
        this.heading = heading;
        this.extractor = extractor;
        this.reference = reference;
        this.features = new SharedImages<>(evaluation, extractor::features);
    }

    @Override
    public String key() {
        return heading.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
    }

    @Override
    public String heading() {
        return heading;
    }

    @Override
    public String description() {
        String count = reference.count().isPresent() ? reference.count().getAsLong() + " images" : "given statistics";
        return String.format(
                Locale.ROOT, "%s, against %s (%08x)", extractor.name(), count, Arrays.hashCode(reference.mean()));
    }

    /**
     * {@inheritDoc} The standard error is that of the jackknife which leaves out a tenth of the prompts at a time (Efron and
     * Stein 1981).
     */
    @Override
    public Figure measure(List<ImageRecord> images) {
        var groups = new ArrayList<StreamingStatistics>();
        for (int i = 0; i < GROUPS; i++) {
            groups.add(new StreamingStatistics(extractor));
        }
        for (var image : images) {
            groups.get(image.promptIndex() % GROUPS).add(features.of(image));
        }
        if (images.size() < 2) {
            return new Figure(Double.NaN, Double.NaN, "a distance between distributions needs at least 2 images");
        }
        var all = without(groups, -1);
        var distance = FrechetDistance.between(all.statistics(), reference);
        return new Figure(
                distance.distance(), jackknife(groups), distance.warning().orElse(""));
    }

    private StreamingStatistics without(List<StreamingStatistics> groups, int left) {
        var sum = new StreamingStatistics(extractor);
        for (int i = 0; i < groups.size(); i++) {
            if (i != left) {
                sum.merge(groups.get(i));
            }
        }
        return sum;
    }

    private double jackknife(List<StreamingStatistics> groups) {
        if (groups.stream().anyMatch(group -> group.count() == 0)) {
            return Double.NaN;
        }
        double[] distances = new double[GROUPS];
        double mean = 0;
        for (int i = 0; i < GROUPS; i++) {
            distances[i] = FrechetDistance.between(without(groups, i).statistics(), reference)
                    .distance();
            mean += distances[i] / GROUPS;
        }
        double squares = 0;
        for (double distance : distances) {
            squares += (distance - mean) * (distance - mean);
        }
        return Math.sqrt(squares * (GROUPS - 1) / GROUPS);
    }
}
