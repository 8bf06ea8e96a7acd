package org.sjd4j.training;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.model.Denoising;
import org.sjd4j.model.LowRankAdapter;
import org.sjd4j.model.RasterLlama;
import org.sjd4j.tensor.Tensors;

/**
 * Teaches a frozen model to read noisy embeddings through a gated adapter: predict the next clean code from rows of which
 * the last few are noisy (SJD2, arXiv 2510.08994, with low-rank weights that act on noisy rows alone).
 *
 * <p>Every picture is read twice in one step: once clean, without gradients, and once noisy in segments. A noisy row looks
 * back on the clean rows before its segment and on the noisy rows of its segment, exactly as in a decoding window, and
 * every row of the second reading is a training example.
 */
public final class DenoisingTraining implements TrainingTask {
    private static final int SHORTEST = 8;
    private static final int LONGEST = 64;
    private static final int VALIDATION_SEGMENT = 16;
    private static final float[] VALIDATION_LEVELS = {0.3f, 0.6f, 1f};

    private final RasterLlama model;
    private final TokenBatches batches;
    private final TrainableParameters parameters;
    private final Denoising denoising;
    private final Tensor rotations;
    private final Tensor cleanMask;
    private final Device device;
    private final long seed;

    /** A task for this model, which is left as it is. */
    public DenoisingTraining(
            RasterLlama model, Denoising.Config config, TokenBatches batches, long seed, Device device) {
        this.model = model;
        this.batches = batches;
        this.seed = seed;
        this.device = device;
        this.parameters = new TrainableParameters(
                Denoising.parameters(config, model.config()),
                parameter -> !parameter.name().equals("denoising.mean")
                        && !parameter.name().equals("denoising.deviation"),
                seed,
                device);
        this.denoising = new Denoising(config, model.config(), parameters.weights());
        this.rotations = model.rotations(device);
        int rows = model.config().rows();
        float[] mask = new float[rows * rows];
        for (int i = 0; i < rows; i++) {
            for (int j = i + 1; j < rows; j++) {
                mask[i * rows + j] = Float.NEGATIVE_INFINITY;
            }
        }
        this.cleanMask = Tensors.keep(() -> Tensors.of(mask, rows, rows).to(device, ScalarType.Float));
        denoising.measure(model.codeTable());
    }

    @Override
    public TrainableParameters parameters() {
        return parameters;
    }

    @Override
    public Loss loss(long step) {
        var batch = batches.training(step);
        var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step);
        int pictures = Math.toIntExact(batch.codes().size(0));
        int codes = model.config().length() - 1;
        var range = denoising.config();
        var segments = NoiseSegments.draw(random, pictures, codes, SHORTEST, LONGEST, range.rMin(), range.rMax());
        torch.manual_seed(random.nextLong());
        return new Loss(crossEntropy(batch, segments), Map.of());
    }

    private Tensor crossEntropy(TokenBatches.Batch batch, NoiseSegments segments) {
        var config = model.config();
        int slots = config.promptSlots();
        long codes = config.length() - 1L;
        var context = new CleanContext(cleanMask, noisyMask(segments));
        Tensor embeddings = model.codeEmbeddings(batch.codes().narrow(1, 0, codes));
        Tensor surroundings = model.places().add(model.topic(batch.prompts()));
        Tensors.ungraded(() -> readClean(batch.prompts(), embeddings, surroundings, context));
        context.recorded();
        Tensor rows = noisyRows(embeddings, segments).add(surroundings.narrow(1, 1, codes));
        LowRankAdapter.Gated adapter =
                denoising.behind(torch.ones(new long[] {1, 1, 1}, Tensors.options(ScalarType.Float, device)));
        Tensor hidden = model.stack().forward(rows, rotations.narrow(0, slots, codes), context, adapter);
        Tensor next = batch.codes().narrow(1, 1, codes);
        return torch.cross_entropy_loss(model.logits(hidden).view(-1, config.codes()), next.reshape(-1));
    }

    private Tensor readClean(Tensor prompts, Tensor embeddings, Tensor surroundings, CleanContext context) {
        int slots = model.config().promptSlots();
        Tensor prefix = model.promptRows(prompts);
        Tensor picture = Tensors.cat(1, prefix.narrow(1, slots - 1L, 1), model.project(embeddings))
                .add(surroundings);
        Tensor rows = Tensors.cat(1, prefix.narrow(1, 0, slots - 1L), picture);
        return model.stack().forward(rows, rotations, context, null);
    }

    private Tensor noisyRows(Tensor embeddings, NoiseSegments segments) {
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
        int slots = model.config().promptSlots();
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
        var batch = new TokenBatches.Batch(
                all.prompts().narrow(0, 0, Math.min(32, all.prompts().size(0))),
                all.codes().narrow(0, 0, Math.min(32, all.codes().size(0))));
        int pictures = Math.toIntExact(batch.codes().size(0));
        int codes = model.config().length() - 1;
        for (float level : VALIDATION_LEVELS) {
            int[] starts = new int[codes];
            float[][] levels = new float[pictures][codes];
            for (int j = 0; j < codes; j++) {
                starts[j] = j / VALIDATION_SEGMENT * VALIDATION_SEGMENT;
            }
            for (float[] picture : levels) {
                java.util.Arrays.fill(picture, level);
            }
            torch.manual_seed(seed);
            double loss = Tensors.<Double>scope(
                    () -> crossEntropy(batch, new NoiseSegments(starts, levels)).item_double());
            figures.put("loss_t" + level, loss);
        }
        return figures;
    }
}
