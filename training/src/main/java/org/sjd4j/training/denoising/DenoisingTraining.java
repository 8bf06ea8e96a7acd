package org.sjd4j.training.denoising;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.loop.LayerByLayer;
import org.sjd4j.training.loop.TrainableParameters;
import org.sjd4j.training.loop.TrainingTask;
import org.sjd4j.training.model.ImageShape;

/**
 * Teaches a model to read noisy embeddings: to predict the next clean code from rows of which the last few are noisy
 * (SJD2, arXiv 2510.08994), by weights of its own or through an adapter.
 *
 * <p>Every image is read {@linkplain TwoReadings twice} in one step: once clean and once noisy in segments, and every
 * row of the second reading that predicts a code is a training example. The rows of the first are, too, if they can
 * change; otherwise they need no gradients.
 *
 * <p>While decoding, what lies below the noise is a draft, and many a draft is wrong. So in half of the images the
 * noise covers {@linkplain CoupledDrafts drafts} of the network itself, made from pure noise in an earlier pass.
 *
 * @param <N> the network that reads the images
 */
final class DenoisingTraining<N extends ImageTokenNetwork> implements TrainingTask {
    private static final int SHORTEST = 8;
    private static final int LONGEST = 64;

    /** Of so many images one has the network's own drafts below the noise. */
    private static final long DRAFTED_ONE_IN = 2;

    private static final int MOST_ACCEPTED = 8;
    private static final int VALIDATION_SEGMENT = 16;
    private static final int VALIDATION_ACCEPTED = 4;
    private static final float[] VALIDATION_LEVELS = {0.3f, 0.6f, 1f};

    private final DenoisingNetwork<N> network;
    private final ImageGroups<N> images;
    private final ImageShape shape;
    private final boolean layerByLayer;
    private final Device device;
    private final long seed;

    /**
     * A task for this network.
     *
     * @param layout of every image
     * @param layerByLayer whether gradients are computed {@linkplain LayerByLayer block by block}, in less memory and more
     *     time; not for networks whose clean rows change
     */
    DenoisingTraining(
            DenoisingNetwork<N> network,
            ImageGroups<N> images,
            RasterLayout layout,
            boolean layerByLayer,
            long seed,
            Device device) {
        if (layerByLayer && network.changesCleanRows()) {
            throw new IllegalArgumentException("clean rows that change need the gradients of all blocks at once");
        }
        this.network = network;
        this.images = images;
        this.shape = new ImageShape(layout, device);
        this.layerByLayer = layerByLayer;
        this.seed = seed;
        this.device = device;
    }

    @Override
    public TrainableParameters parameters() {
        return network.parameters();
    }

    @Override
    public Loss descend(long step) {
        var groups = images.training(step);
        var random = new SplittableRandom(~seed * 0x9E3779B97F4A7C15L + step); // not the one that chose the images
        var range = network.denoising().config();
        int all = groups.stream().mapToInt(ImageGroup::size).sum();
        int toDraft = Math.toIntExact((all + step % DRAFTED_ONE_IN) / DRAFTED_ONE_IN);
        double sum = 0;
        for (var group : groups) {
            var segments = NoiseSegments.sample(
                    random, group.size(), shape.read(), SHORTEST, LONGEST, range.rMin(), range.rMax());
            torch.manual_seed(random.nextLong());
            int drafted = Math.min(toDraft, group.size());
            toDraft -= drafted;
            var noise = new TwoReadings.Noise(segments, drafted, random.nextInt(1, MOST_ACCEPTED + 1));
            sum += Tensors.<Double>scope(() -> descend(group, noise, (double) group.size() / all));
        }
        return new Loss(sum, Map.of());
    }

    private double descend(ImageGroup<N> group, TwoReadings.Noise noise, double share) {
        var readings = TwoReadings.of(network, group, shape, device);
        if (layerByLayer) {
            return readings.descendLayerByLayer(noise, share);
        }
        Tensor loss = readings.noisyLoss(noise);
        if (network.changesCleanRows()) {
            loss = loss.add(readings.cleanLoss()).mul(new Scalar(0.5));
        }
        return Loss.descend(share == 1 ? loss : loss.mul(new Scalar(share)), Map.of())
                .value();
    }

    @Override
    public Map<String, Double> validate() {
        var figures = new TreeMap<String, Double>();
        List<ImageGroup<N>> groups = images.validation();
        double all = groups.stream().mapToInt(ImageGroup::size).sum();
        for (var group : groups) {
            validate(group).forEach((name, value) -> figures.merge(name, value * group.size() / all, Double::sum));
        }
        return figures;
    }

    private Map<String, Double> validate(ImageGroup<N> group) {
        return Tensors.scope(() -> {
            var figures = new TreeMap<String, Double>();
            var readings = TwoReadings.of(network, group, shape, device);
            figures.put("loss_clean", readings.cleanLoss().item_double());
            for (float level : VALIDATION_LEVELS) {
                var segments = evenly(level, group.size());
                torch.manual_seed(seed);
                figures.put("loss_t" + level, loss(readings, new TwoReadings.Noise(segments, 0, 0)));
                var drafted = new TwoReadings.Noise(segments, group.size(), VALIDATION_ACCEPTED);
                figures.put("loss_drafts_t" + level, loss(readings, drafted));
            }
            return figures;
        });
    }

    private static double loss(TwoReadings readings, TwoReadings.Noise noise) {
        return Tensors.<Double>scope(() -> readings.noisyLoss(noise).item_double());
    }

    /** Segments of one length, all of one level. */
    private NoiseSegments evenly(float level, int size) {
        int[] starts = new int[shape.read()];
        for (int j = 0; j < starts.length; j++) {
            starts[j] = j / VALIDATION_SEGMENT * VALIDATION_SEGMENT;
        }
        float[][] levels = new float[size][starts.length];
        for (float[] image : levels) {
            Arrays.fill(image, level);
        }
        return new NoiseSegments(starts, levels);
    }
}
