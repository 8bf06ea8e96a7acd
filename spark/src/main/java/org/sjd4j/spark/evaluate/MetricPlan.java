package org.sjd4j.spark.evaluate;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.checkpoint.Fingerprint;
import org.sjd4j.metrics.FeatureExtractor;
import org.sjd4j.metrics.TextImageMetric;
import org.sjd4j.metrics.clip.Clip;
import org.sjd4j.metrics.clip.ClipPreprocessing;
import org.sjd4j.metrics.inception.Inception;
import org.sjd4j.metrics.scorer.Scorer;
import org.sjd4j.options.UserException;
import org.sjd4j.spark.cluster.ClusterCheck;

/**
 * Which networks measure images on every executor: only paths travel.
 *
 * @param clip directory of CLIP by its absolute path, or nothing for no CLIP-Score
 * @param preprocessing of images for CLIP
 * @param inception file of InceptionV3 by its absolute path, or nothing for no FID
 * @param scorer directory of a scorer by its absolute path, {@link BundledModel#NAME}, or nothing for none
 * @param fingerprint of their weights at the driver
 */
record MetricPlan(
        @Nullable String clip,
        ClipPreprocessing.Variant preprocessing,
        @Nullable String inception,
        @Nullable String scorer,
        String fingerprint)
        implements ClusterCheck.Need {

    /**
     * With the weights that this process sees.
     *
     * @throws UserException if there are none
     */
    static MetricPlan of(
            @Nullable String clip,
            ClipPreprocessing.Variant preprocessing,
            @Nullable String inception,
            @Nullable String scorer) {
        String problem = missing(clip, inception, scorer);
        if (!problem.isEmpty()) {
            throw new UserException(problem);
        }
        return new MetricPlan(clip, preprocessing, inception, scorer, fingerprint(clip, inception, scorer));
    }

    private static String fingerprint(@Nullable String... metrics) {
        return Arrays.stream(metrics)
                .filter(Objects::nonNull)
                .map(metric -> Fingerprint.of(scorerDirectory(metric)))
                .collect(Collectors.joining(" "));
    }

    /** The networks, one of each for a process. */
    record Panel(
            @Nullable Clip clip,
            @Nullable Inception inception,
            @Nullable Scorer scorer) implements AutoCloseable {
        /** Who says whether an image shows its caption, in the order of the figures. */
        ArrayList<TextImageMetric> alignment() {
            var metrics = new ArrayList<TextImageMetric>();
            if (clip != null) {
                metrics.add(clip);
            }
            if (scorer != null) {
                metrics.add(scorer);
            }
            return metrics;
        }

        /** Whose features are compared with those of other images, in the order of the figures. */
        ArrayList<FeatureExtractor> distribution() {
            var extractors = new ArrayList<FeatureExtractor>();
            if (inception != null) {
                extractors.add(inception);
            }
            if (scorer != null) {
                extractors.add(scorer);
            }
            return extractors;
        }

        @Override
        public void close() {
            alignment().forEach(TextImageMetric::close);
            distribution().forEach(FeatureExtractor::close);
        }
    }

    /** Loads the networks. */
    Panel open() {
        return new Panel(
                clip == null ? null : Clip.open(Path.of(clip), preprocessing),
                inception == null ? null : Inception.open(Path.of(inception)),
                scorer == null ? null : Scorer.open(scorerDirectory(scorer)));
    }

    /** The directory that a scorer's name stands for in this process. */
    static Path scorerDirectory(String scorer) {
        return scorer.equals(BundledModel.NAME) ? BundledModel.scorer() : Path.of(scorer);
    }

    @Override
    public String problem() {
        String problem = missing(clip, inception, scorer);
        if (!problem.isEmpty()) {
            return problem;
        }
        return fingerprint.equals(fingerprint(clip, inception, scorer))
                ? ""
                : "a metric has other weights than at the driver; put the same on all machines";
    }

    private static String missing(@Nullable String... metrics) {
        for (String place : metrics) {
            if (place != null && !place.equals(BundledModel.NAME) && !Files.exists(Path.of(place))) {
                return "there is no " + place + "; put it where all machines see it by the same path";
            }
        }
        return "";
    }
}
