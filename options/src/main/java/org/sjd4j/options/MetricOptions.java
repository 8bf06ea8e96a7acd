package org.sjd4j.options;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.evaluation.metric.AlignmentMetric;
import org.sjd4j.evaluation.metric.DistributionMetric;
import org.sjd4j.evaluation.metric.ImageMetric;
import org.sjd4j.evaluation.metric.ReferenceImages;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.EvaluationException;
import org.sjd4j.metrics.ClipScore;
import org.sjd4j.metrics.FeatureExtractor;
import org.sjd4j.metrics.FeatureStatistics;
import org.sjd4j.metrics.clip.Clip;
import org.sjd4j.metrics.clip.ClipPreprocessing;
import org.sjd4j.metrics.inception.Inception;
import org.sjd4j.metrics.scorer.Scorer;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import picocli.CommandLine.Option;

/** Metrics of images. */
public final class MetricOptions {
    private static final String NONE = "none";

    @Option(
            names = "--clip",
            paramLabel = "DIR",
            description = "OpenAI's CLIP in a Hugging Face directory, such as clip-vit-base-patch32: adds CLIP-Score.")
    private @Nullable Path clip;

    @Option(
            names = "--clip-score",
            paramLabel = "D",
            defaultValue = "clamped-pairs",
            description = "Definition of CLIP-Score: clamped-pairs (mean of max(100 cos, 0)), torchmetrics, package or"
                    + " hessel. Default: ${DEFAULT-VALUE}")
    private String clipScore = "clamped-pairs";

    @Option(
            names = "--clip-preprocessing",
            paramLabel = "P",
            defaultValue = "hugging-face",
            description = "How images are cut: hugging-face or openai. Default: ${DEFAULT-VALUE}")
    private String clipPreprocessing = "hugging-face";

    @Option(
            names = "--inception",
            paramLabel = "FILE|DIR",
            description = "InceptionV3 as pytorch-fid publishes it (.pth or safetensors): adds FID; needs --reference.")
    private @Nullable Path inception;

    @Option(
            names = "--reference",
            paramLabel = "FILE|DIR",
            description = "What FID compares with: a folder of images, or statistics (.safetensors or .npz).")
    private @Nullable Path reference;

    @Option(
            names = "--scorer",
            paramLabel = "DIR|bundled|none",
            description = "A small metric of our own, by 'sjd train scorer'. Default: the bundled one for the bundled"
                    + " model, otherwise none.")
    private @Nullable String scorer;

    /**
     * Checks before any work is done that what was asked for makes sense.
     *
     * @throws UserException if it does not
     */
    public void check() {
        if (inception != null && reference == null) {
            throw new UserException(
                    "--inception: FID compares with --reference; name a folder of images or statistics");
        }
        if (inception == null && reference != null) {
            throw new UserException("--reference is for FID; name --inception, too");
        }
        definition();
        variant();
    }

    /** What CLIP-Score means. */
    public ClipScore definition() {
        try {
            return ClipScore.named(clipScore);
        } catch (IllegalArgumentException e) {
            throw new UserException("--clip-score: " + e.getMessage(), e);
        }
    }

    /** How images are cut for CLIP. */
    public ClipPreprocessing.Variant variant() {
        try {
            return ClipPreprocessing.Variant.named(clipPreprocessing);
        } catch (IllegalArgumentException e) {
            throw new UserException("--clip-preprocessing: " + e.getMessage(), e);
        }
    }

    /** The directory of CLIP, if it is asked for. */
    public @Nullable Path clip() {
        return clip;
    }

    /** The file of InceptionV3, if it is asked for. */
    public @Nullable Path inception() {
        return inception;
    }

    /** What FID compares with, if there is FID. */
    public @Nullable Path reference() {
        return reference;
    }

    /**
     * The scorer, by its directory or as {@link BundledModel#NAME}, if one is asked for.
     *
     * @param model the name that the model was chosen by
     */
    public @Nullable String scorer(String model) {
        String chosen = scorer == null ? model.equals(BundledModel.NAME) ? BundledModel.NAME : NONE : scorer;
        return chosen.equals(NONE) ? null : chosen;
    }

    /** Metrics that are loaded, to be closed. */
    public record Panel(List<ImageMetric> metrics, @Nullable Scorer scorer, List<Runnable> closing)
            implements AutoCloseable {
        @Override
        public void close() {
            closing.forEach(Runnable::run);
        }
    }

    /**
     * Loads the metrics.
     *
     * @param model the name that the model was chosen by
     * @param device where CLIP and InceptionV3 run
     */
    public Panel open(Console console, Evaluation evaluation, String model, ComputeDevice device) {
        var metrics = new ArrayList<ImageMetric>();
        var closing = new ArrayList<Runnable>();
        var panel = new Panel(metrics, null, closing);
        try {
            if (inception != null && reference != null) {
                var network = Inception.open(inception, device);
                closing.add(network::close);
                metrics.add(
                        new DistributionMetric(evaluation, "FID", network, statistics(console, evaluation, network)));
            }
            if (clip != null) {
                var network = Clip.open(clip, variant(), device);
                closing.add(network::close);
                metrics.add(new AlignmentMetric(evaluation, "CLIP-Score", network, definition()));
            }
            Path own = scorerDirectory(model);
            if (own != null) {
                var network = Scorer.open(own);
                closing.add(network::close);
                metrics.add(new DistributionMetric(evaluation, "scorer distance", network, network.reference(own)));
                metrics.add(new AlignmentMetric(evaluation, "scorer score", network, ClipScore.CLAMPED_PAIRS));
                return new Panel(metrics, network, closing);
            }
            return panel;
        } catch (RuntimeException | Error e) {
            panel.close();
            throw e;
        }
    }

    /**
     * Loads the metrics, and lets them go again: what is wrong with one of them, or with what they compare with, shows before
     * hours of generating.
     *
     * @param model the name that the model was chosen by
     * @param evaluation the directory of the evaluation, which need not exist
     */
    public void rehearse(Console console, String model, Path evaluation) {
        Path inceptionFile = inception;
        Path compared = reference;
        if (inceptionFile != null && compared != null) {
            rehearse("--inception, --reference", () -> {
                try (var network = Inception.open(inceptionFile)) {
                    ReferenceImages.check(
                            compared,
                            evaluation.resolve(Evaluation.METRICS),
                            network,
                            (done, all) ->
                                    Progress.say(console, "checked %s of %s reference images".formatted(done, all)));
                } finally {
                    Progress.clear(console);
                }
            });
        }
        Path clipDirectory = clip;
        if (clipDirectory != null) {
            rehearse("--clip", () -> Clip.open(clipDirectory, variant()).close());
        }
        Path own = scorerDirectory(model);
        if (own != null) {
            rehearse("--scorer", () -> {
                try (var network = Scorer.open(own)) {
                    var _ = network.reference(own);
                }
            });
        }
    }

    private static void rehearse(String option, Runnable opening) {
        try {
            opening.run();
        } catch (CheckpointException | EvaluationException e) {
            throw new UserException(option + ": " + e.getMessage(), e);
        }
    }

    private FeatureStatistics statistics(Console console, Evaluation evaluation, FeatureExtractor network) {
        return ReferenceImages.of(
                Objects.requireNonNull(reference),
                evaluation.path(Evaluation.METRICS),
                network,
                (done, all) -> Progress.say(console, "%s of %s reference images".formatted(done, all)));
    }

    private @Nullable Path scorerDirectory(String model) {
        String chosen = scorer(model);
        if (chosen == null) {
            return null;
        }
        return chosen.equals(BundledModel.NAME) ? BundledModel.scorer() : Path.of(chosen);
    }
}
