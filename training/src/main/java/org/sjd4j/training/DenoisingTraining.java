package org.sjd4j.training;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.model.Denoising;
import org.sjd4j.model.LowRankAdapter;
import org.sjd4j.model.RasterLlama;
import org.sjd4j.tensor.Tensors;

/**
 * Teaches a model to read noisy embeddings: to predict the next clean code from rows of which the last few are noisy
 * (SJD2, arXiv 2510.08994), by weights of its own or through an adapter.
 *
 * <p>Every picture is read twice in one step: once clean and once noisy in segments. A noisy row looks back on the clean
 * rows before its segment and on the noisy rows of its segment, exactly as in a decoding window, and every row of the
 * second reading is a training example. The rows of the first are, too, if they can change; otherwise they need no
 * gradients.
 *
 * <p>While decoding, what lies below the noise is a draft, and many a draft is wrong. So in half of the pictures the
 * noise covers {@linkplain CoupledDrafts drafts} of the network itself, made from pure noise in an earlier pass.
 */
final class DenoisingTraining implements TrainingTask {
    private static final int SHORTEST = 8;
    private static final int LONGEST = 64;

    /** In this share of the pictures the network's own drafts are below the noise. */
    private static final double DRAFTED_PICTURES = 0.5;

    private static final int MOST_ACCEPTED = 8;
    private static final int VALIDATION_SEGMENT = 16;
    private static final int VALIDATION_ACCEPTED = 4;
    private static final int VALIDATION_PICTURES = 32;
    private static final float[] VALIDATION_LEVELS = {0.3f, 0.6f, 1f};

    private final DenoisingNetwork network;
    private final RasterLlama.Config config;
    private final TokenBatches batches;
    private final Tensor rotations;
    private final Tensor cleanMask;
    private final Device device;
    private final long seed;

    /** A task for this network. */
    DenoisingTraining(DenoisingNetwork network, TokenBatches batches, long seed, Device device) {
        this.network = network;
        this.config = network.model().config();
        this.batches = batches;
        this.seed = seed;
        this.device = device;
        this.rotations = network.model().rotations(device);
        int rows = config.rows();
        float[] mask = new float[rows * rows];
        for (int i = 0; i < rows; i++) {
            for (int j = i + 1; j < rows; j++) {
                mask[i * rows + j] = Float.NEGATIVE_INFINITY;
            }
        }
        this.cleanMask = Tensors.keep(() -> Tensors.of(mask, rows, rows).to(device, ScalarType.Float));
    }

    @Override
    public TrainableParameters parameters() {
        return network.parameters();
    }

    @Override
    public Loss loss(long step) {
        var batch = batches.training(step);
        var random = new SplittableRandom(~seed * 0x9E3779B97F4A7C15L + step); // not the one that chose the pictures
        int pictures = Math.toIntExact(batch.codes().size(0));
        var range = network.denoising().config();
        var segments = NoiseSegments.draw(
                random, pictures, config.length() - 1, SHORTEST, LONGEST, range.rMin(), range.rMax());
        torch.manual_seed(random.nextLong());
        int drafted = Math.toIntExact(Math.round(DRAFTED_PICTURES * pictures));
        var losses = losses(batch, segments, drafted, random.nextInt(1, MOST_ACCEPTED + 1));
        if (!network.changesCleanRows()) {
            return new Loss(losses.noisy(), Map.of());
        }
        return new Loss(losses.noisy().add(losses.clean().get()).mul(new Scalar(0.5)), Map.of());
    }

    /** Cross-entropies of the next clean code after noisy and after clean rows. */
    private record Losses(Tensor noisy, Supplier<Tensor> clean) {}

    /**
     * Reads a batch clean and noisy.
     *
     * @param drafted in how many of its pictures the network's own drafts are below the noise, not the truth
     * @param accepted how many codes the pass that made those drafts accepted
     */
    private Losses losses(TokenBatches.Batch batch, NoiseSegments segments, int drafted, int accepted) {
        var model = network.model();
        var denoising = network.denoising();
        long codes = config.length() - 1L;
        var context = new CleanContext(cleanMask, noisyMask(segments));
        Tensor embeddings = model.codeEmbeddings(batch.codes().narrow(1, 0, codes));
        Tensor surroundings = model.places().add(model.topic(batch.prompts()));
        Tensor clean = network.changesCleanRows()
                ? readClean(model, batch, embeddings, surroundings, context)
                : Tensors.ungraded(() -> readClean(model, batch, embeddings, surroundings, context));
        context.recorded();
        var reading = new NoisyReading(model, denoising, surroundings.narrow(1, 1, codes));
        Tensor below = embeddings;
        if (drafted > 0) {
            Tensor drafts = Tensors.ungraded(() -> Tensors.keep(() -> {
                var before = segments.earlier(accepted, drafted);
                Tensor hidden = reading.first(drafted)
                        .hidden(embeddings.narrow(0, 0, drafted), before, context.first(drafted, noisyMask(before)));
                Tensor truth = model.logits(clean.narrow(0, 0, drafted).narrow(1, 0, codes));
                Tensor guess = beginningWith(before.starts(), truth, model.logits(hidden));
                return CoupledDrafts.draw(
                        truth, batch.codes().narrow(0, 0, drafted).narrow(1, 0, codes), guess);
            }));
            below = Tensors.cat(
                    0, model.codeEmbeddings(drafts), embeddings.narrow(0, drafted, embeddings.size(0) - drafted));
        }
        Tensor hidden = reading.hidden(below, segments, context);
        Tensor noisy = crossEntropy(model.logits(hidden), batch.codes().narrow(1, 1, codes));
        return new Losses(noisy, () -> crossEntropy(model.logits(clean), batch.codes()));
    }

    /** Logits of every code that is read: by the noisy row before it, or by the clean one where a segment begins. */
    private Tensor beginningWith(int[] starts, Tensor clean, Tensor noisy) {
        float[] begins = new float[starts.length];
        for (int i = 0; i < begins.length; i++) {
            begins[i] = starts[i] == i ? 1 : 0;
        }
        Tensor first = Tensors.of(begins, 1, begins.length, 1).to(device, ScalarType.Bool);
        Tensor shifted = Tensors.cat(1, clean.narrow(1, 0, 1), noisy.narrow(1, 0, begins.length - 1L));
        return torch.where(first, clean, shifted);
    }

    private Tensor readClean(
            RasterLlama model, TokenBatches.Batch batch, Tensor embeddings, Tensor surroundings, CleanContext context) {
        int slots = config.promptSlots();
        Tensor prefix = model.promptRows(batch.prompts());
        Tensor picture = Tensors.cat(1, prefix.narrow(1, slots - 1L, 1), model.project(embeddings))
                .add(surroundings);
        Tensor rows = Tensors.cat(1, prefix.narrow(1, 0, slots - 1L), picture);
        return model.stack().forward(rows, rotations, context, null).narrow(1, slots - 1L, config.length());
    }

    private Tensor crossEntropy(Tensor logits, Tensor codes) {
        return torch.cross_entropy_loss(logits.view(-1, config.codes()), codes.reshape(-1));
    }

    /** The second reading, of noisy rows. */
    private final class NoisyReading {
        private final RasterLlama model;
        private final Denoising denoising;
        private final Tensor surroundings;

        NoisyReading(RasterLlama model, Denoising denoising, Tensor surroundings) {
            this.model = model;
            this.denoising = denoising;
            this.surroundings = surroundings;
        }

        NoisyReading first(long pictures) {
            return new NoisyReading(model, denoising, surroundings.narrow(0, 0, pictures));
        }

        /** The stack's output for the embeddings below fresh noise of the segments' levels. */
        Tensor hidden(Tensor embeddings, NoiseSegments segments, CleanContext context) {
            Tensor rows = noisyRows(model, denoising, embeddings, segments).add(surroundings);
            LowRankAdapter.Gated adapter =
                    denoising.behind(0, torch.ones(new long[] {1, 1, 1}, Tensors.options(ScalarType.Float, device)));
            return model.stack()
                    .forward(rows, rotations.narrow(0, config.promptSlots(), rows.size(1)), context, adapter);
        }
    }

    private Tensor noisyRows(RasterLlama model, Denoising denoising, Tensor embeddings, NoiseSegments segments) {
        int pictures = segments.levels().length;
        int codes = segments.starts().length;
        float[] levels = new float[pictures * codes];
        for (int i = 0; i < pictures; i++) {
            System.arraycopy(segments.levels()[i], 0, levels, i * codes, codes);
        }
        Tensor t = Tensors.of(levels, pictures, codes, 1).to(device, ScalarType.Float);
        Tensor clean = denoising.normalise(embeddings);
        Tensor z = clean.add(torch.randn_like(clean).sub(clean).mul(t));
        Tensor features = Tensors.of(Denoising.timeFeatures(levels), pictures, codes, Denoising.timeWidth())
                .to(device, ScalarType.Float);
        return denoising.rows(model, z, features);
    }

    /** Noisy row {@code j} sees the prompt, the clean codes before its segment and its segment's noisy codes up to j. */
    private Tensor noisyMask(NoiseSegments segments) {
        int slots = config.promptSlots();
        int codes = segments.starts().length;
        int clean = slots + codes;
        float[] mask = new float[codes * (clean + codes)];
        java.util.Arrays.fill(mask, Float.NEGATIVE_INFINITY);
        for (int j = 0; j < codes; j++) {
            int row = j * (clean + codes);
            int start = segments.starts()[j];
            java.util.Arrays.fill(mask, row, row + slots + start, 0);
            java.util.Arrays.fill(mask, row + clean + start, row + clean + j + 1, 0);
        }
        return Tensors.of(mask, codes, clean + codes).to(device, ScalarType.Float);
    }

    @Override
    public Map<String, Double> validate() {
        var figures = new TreeMap<String, Double>();
        var all = batches.validation();
        long pictures = Math.min(VALIDATION_PICTURES, all.codes().size(0));
        var batch = new TokenBatches.Batch(
                all.prompts().narrow(0, 0, pictures), all.codes().narrow(0, 0, pictures));
        int codes = config.length() - 1;
        for (float level : VALIDATION_LEVELS) {
            int[] starts = new int[codes];
            float[][] levels = new float[Math.toIntExact(pictures)][codes];
            for (int j = 0; j < codes; j++) {
                starts[j] = j / VALIDATION_SEGMENT * VALIDATION_SEGMENT;
            }
            for (float[] picture : levels) {
                java.util.Arrays.fill(picture, level);
            }
            torch.manual_seed(seed);
            Tensors.scope(() -> {
                var segments = new NoiseSegments(starts, levels);
                var losses = losses(batch, segments, 0, 0);
                var afterDrafts = losses(batch, segments, Math.toIntExact(pictures), VALIDATION_ACCEPTED);
                figures.put("loss_t" + level, losses.noisy().item_double());
                figures.put("loss_drafts_t" + level, afterDrafts.noisy().item_double());
                figures.put("loss_clean", losses.clean().get().item_double());
            });
        }
        return figures;
    }
}
