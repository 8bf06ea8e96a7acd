package org.sjd4j.training.tokenizer;

import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.training.loop.TrainableParameters;
import org.sjd4j.training.loop.TrainingTask;
import org.sjd4j.vision.PatchTokenizer;

/**
 * Trains a {@link PatchTokenizer}: reconstruction of pixels and edges, a commitment loss, and a codebook that follows the
 * moving average of the latents assigned to it (van den Oord et al., arXiv 1711.00937, appendix A.1).
 *
 * <p>With {@link Part#DECODER} only the decoder learns: codes stay what they are, so that a model which was trained on them
 * draws with the better decoder.
 *
 * <p>The first steps run without quantisation; then the codebook is seeded from latents that lie far apart. Codes that
 * fall out of use are moved to latents of the current batch.
 */
public final class TokenizerTraining implements TrainingTask {
    private static final double AVERAGING = 0.98;
    private static final double DEAD_BELOW = 0.05;
    private static final double COMMITMENT = 0.1;
    private static final double ABSOLUTE = 0.1;
    private static final double EDGES = 0.2;

    /** What of a tokenizer learns. */
    public enum Part {
        /** Encoder, codebook and decoder. */
        ALL,
        /** The decoder alone. */
        DECODER
    }

    private final Part part;
    private final PatchTokenizer.Config config;
    private final ImageBatches images;
    private final TrainableParameters parameters;
    private final PatchTokenizer tokenizer;
    private final Tensor counts;
    private final Tensor sums;
    private final Tensor started;
    private final long unquantisedSteps;
    private final long seed;
    private @Nullable Assignment last;

    /** The latents of the last batch and their codes; both outlive the step's scope. */
    private record Assignment(Tensor latents, Tensor codes) {}

    /**
     * A task over these images.
     *
     * @param images on that device
     * @param unquantisedSteps first steps without quantisation
     * @param part what learns
     */
    public TokenizerTraining(
            PatchTokenizer.Config config,
            ImageBatches images,
            long unquantisedSteps,
            long seed,
            Device device,
            Part part) {
        this.part = part;
        this.config = config;
        this.images = images;
        this.unquantisedSteps = unquantisedSteps;
        this.seed = seed;
        this.parameters =
                new TrainableParameters(PatchTokenizer.parameters(config), this::learnsByGradient, seed, device);
        this.tokenizer = new PatchTokenizer(config, parameters.weights());
        this.counts = torch.ones(new long[] {config.codes()}, Tensors.options(ScalarType.Float, device));
        this.sums =
                torch.zeros(new long[] {config.codes(), config.codeWidth()}, Tensors.options(ScalarType.Float, device));
        this.started = torch.zeros(new long[] {1}, Tensors.options(ScalarType.Float, device));
    }

    private boolean learnsByGradient(Parameter parameter) {
        return switch (part) {
            case ALL -> !parameter.name().equals("codebook");
            case DECODER -> parameter.name().startsWith("decoder.");
        };
    }

    /**
     * Starts from a trained tokenizer of the same sizes.
     *
     * @throws org.sjd4j.tensor.CheckpointException if a tensor is missing or has another shape
     */
    public void startFrom(Weights trained) {
        Tensors.inference(() -> {
            for (Parameter parameter : PatchTokenizer.parameters(config)) {
                Tensor tensor = parameters.byName().get(parameter.name());
                if (tensor == null) {
                    throw new IllegalStateException("nothing to train is called " + parameter.name());
                }
                tensor.copy_(trained.get(parameter.name(), parameter.shape()));
            }
        });
    }

    @Override
    public TrainableParameters parameters() {
        return parameters;
    }

    /** The tokenizer over the live parameters. */
    public PatchTokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public Map<String, Tensor> state() {
        return Map.of("codebook.counts", counts, "codebook.sums", sums, "codebook.started", started);
    }

    @Override
    public Loss descend(long step) {
        Tensor target = images.training(step);
        if (part == Part.DECODER) {
            Tensor quantised = Tensors.ungraded(() -> tokenizer.lookup(tokenizer.encode(target)));
            return Loss.descend(reconstruction(tokenizer.decode(quantised), target), Map.of());
        }
        Tensor raw = tokenizer.latents(target);
        if (step <= unquantisedSteps) {
            Tensor loss = reconstruction(tokenizer.decode(raw), target);
            return Loss.descend(loss, Map.of());
        }
        if (started.item_float() == 0) {
            Tensors.inference(() -> seedCodebook(tokenizer.rows(raw.detach())));
        }
        Tensor chosen = tokenizer.nearest(raw.detach());
        Tensor quantised = tokenizer.lookup(chosen);
        last = new Assignment(Tensors.detached(raw), Tensors.detached(chosen));
        Tensor straightThrough = raw.add(quantised.sub(raw).detach());
        Tensor reconstruction = reconstruction(tokenizer.decode(straightThrough), target);
        Tensor commitment = torch.mse_loss(raw, quantised);
        Tensor loss = reconstruction.add(commitment, new Scalar(COMMITMENT * config.codeWidth()));
        return Loss.descend(loss, Map.of("commitment", commitment.item_double()));
    }

    private static Tensor reconstruction(Tensor image, Tensor target) {
        Tensor difference = image.sub(target);
        Tensor squared = difference.square().mean();
        Tensor absolute = difference.abs().mean();
        Tensor edges =
                slope(difference, 2).abs().mean().add(slope(difference, 3).abs().mean());
        return squared.add(absolute, new Scalar(ABSOLUTE)).add(edges, new Scalar(EDGES));
    }

    private static Tensor slope(Tensor x, long dimension) {
        long size = x.size(dimension);
        return x.narrow(dimension, 1, size - 1).sub(x.narrow(dimension, 0, size - 1));
    }

    /** Picks latents far from those already picked, each with a chance proportional to its squared distance. */
    private void seedCodebook(Tensor rows) {
        torch.manual_seed(seed + 1);
        long count = rows.size(0);
        Tensor codebook = tokenizer.codebook();
        Tensor farness = torch.ones(new long[] {count}, Tensors.options(ScalarType.Float, rows.device()));
        for (long code = 0; code < config.codes(); code++) {
            Tensor pick = torch.multinomial(farness.add(new Scalar(1e-6)), 1);
            Tensor row = rows.index_select(0, pick);
            codebook.narrow(0, code, 1).copy_(row);
            Tensor distance =
                    torch.matmul(rows, row.t()).neg().add(new Scalar(1.0)).view(-1);
            farness.copy_(code == 0 ? distance : torch.minimum(farness, distance));
        }
        sums.copy_(codebook);
        counts.fill_(new Scalar(1.0));
        started.fill_(new Scalar(1.0));
    }

    @Override
    public void afterUpdate(long step) {
        if (last == null) {
            return;
        }
        Tensor rows = tokenizer.rows(last.latents());
        Tensor flat = last.codes().view(-1);
        Tensor batchCounts =
                torch.bincount(flat, new TensorOptional(), config.codes()).to(ScalarType.Float);
        Tensor batchSums = torch.zeros_like(sums).index_add_(0, flat, rows);
        counts.lerp_(batchCounts, new Scalar(1 - AVERAGING));
        sums.lerp_(batchSums, new Scalar(1 - AVERAGING));
        reviveDeadCodes(step, rows);
        Tensor length = sums.norm(new org.bytedeco.pytorch.ScalarOptional(new Scalar(2.0)), new long[] {1}, true);
        tokenizer.codebook().copy_(sums.div(length.add(new Scalar(1e-12))));
        last.latents().close();
        last.codes().close();
        last = null;
    }

    private void reviveDeadCodes(long step, Tensor rows) {
        float[] usage = Tensors.floats(counts);
        var random = new SplittableRandom(seed * 31 + step);
        for (int code = 0; code < usage.length; code++) {
            if (usage[code] < DEAD_BELOW) {
                Tensor row = rows.narrow(0, random.nextLong(rows.size(0)), 1);
                sums.narrow(0, code, 1).copy_(row);
                counts.narrow(0, code, 1).fill_(new Scalar(1.0));
            }
        }
    }

    @Override
    public Map<String, Double> validate() {
        Tensor target = images.validation();
        Tensor chosen = tokenizer.encode(target);
        Tensor image = PatchTokenizer.clamp(tokenizer.decode(tokenizer.lookup(chosen)));
        double squared = torch.mse_loss(image, target).item_double();
        Tensor share = torch.bincount(chosen.view(-1), new TensorOptional(), config.codes())
                .to(ScalarType.Double)
                .div(new Scalar((double) chosen.numel()));
        double entropy = -share.mul(share.add(new Scalar(1e-12)).log()).sum().item_double();
        double used = share.gt(new Scalar(0.0)).sum().item_double();
        return Map.of("psnr", 10 * Math.log10(4 / squared), "codes_used", used, "code_perplexity", Math.exp(entropy));
    }

    @Override
    public void sample(Path png) {
        Tensor target = images.validation().narrow(0, 0, images.sheetSize());
        Tensor image = PatchTokenizer.clamp(tokenizer.decode(tokenizer.lookup(tokenizer.encode(target))));
        images.writeSheet(png, target, image);
    }
}
