package org.sjd4j.training.model;

import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.llama.LlamaStack;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.training.loop.TrainableParameters;
import org.sjd4j.training.loop.TrainingException;
import org.sjd4j.training.loop.TrainingTask;

/**
 * Trains a {@link RasterLlama} to predict the next code of captioned images.
 *
 * <p>Validation reports the cross-entropy of unseen images in nats per code with the prompt, without it, and their
 * difference: what the prompt is worth.
 */
public final class ModelTraining implements TrainingTask {
    private static final long AT_ONCE = 16;
    private static final double DROPOUT = 0.1;

    private final RasterLlama.Config config;
    private final Precision precision;
    private final TokenBatches batches;
    private final TrainableParameters parameters;
    private final Weights weights;
    private final long seed;
    private final Device device;
    private final Tensor rotations;
    private final UnreliableContext context;
    private final BiConsumer<RasterLlama, Path> sheet;

    /**
     * A task over these images.
     *
     * @param precision of the matrix products
     * @param sheet draws the sample sheet of the model as it is
     */
    public ModelTraining(
            RasterLlama.Config config,
            TokenBatches batches,
            Precision precision,
            long seed,
            Device device,
            BiConsumer<RasterLlama, Path> sheet) {
        this.config = config;
        this.precision = precision;
        this.seed = seed;
        this.device = device;
        this.batches = batches;
        this.sheet = sheet;
        this.parameters = new TrainableParameters(RasterLlama.parameters(config), parameter -> true, seed, device);
        this.weights = parameters.weights();
        this.rotations = LlamaStack.rotations(config.llama(), config.rows(), device);
        this.context = new UnreliableContext(config, rotations, device);
    }

    /**
     * Starts the table of codes from the image tokenizer's codebook, so that codes that look alike begin alike.
     *
     * @param codebook unit-length rows {@code [codes, codeWidth]}
     */
    public void startFrom(Tensor codebook) {
        Tensors.inference(() -> {
            Tensor table =
                    parameters.weights().at("model").get("embed_codes.weight", config.codes(), config.codeWidth());
            table.copy_(codebook.mul(new Scalar(Math.sqrt(config.codeWidth()))));
        });
    }

    /**
     * Starts from a trained model, so that an existing model learns new images. Words that it does not know, and
     * only they, start as they would without it.
     *
     * @throws TrainingException if the model has other sizes
     */
    public void startFrom(StartingModel start, WordTokenizer words) {
        Tensors.inference(() -> start.copyInto(parameters.byName(), config, words));
    }

    @Override
    public TrainableParameters parameters() {
        return parameters;
    }

    /** The model over the live parameters. */
    public RasterLlama model() {
        return new RasterLlama(config, weights);
    }

    private RasterLlama measured() {
        return new RasterLlama(config, weights, precision);
    }

    @Override
    public Loss descend(long step) {
        var batch = batches.training(step);
        var random = new SplittableRandom(~seed * 0x9E3779B97F4A7C15L + step);
        Tensor read = context.embeddings(measured(), batch, random);
        torch.manual_seed(random.nextLong()); // of dropout, so that a resumed run drops the same
        var model = new RasterLlama(config, weights, precision, DROPOUT);
        return Loss.descend(crossEntropy(model, batch.prompts(), read, batch.codes()), Map.of());
    }

    private Tensor crossEntropy(RasterLlama model, Tensor prompts, Tensor read, Tensor codes) {
        Tensor logits = model.imageLogits(prompts, model.project(read), rotations);
        return torch.cross_entropy_loss(logits.view(-1, config.codes()), codes.reshape(-1));
    }

    @Override
    public Map<String, Double> validate() {
        var batch = batches.validation();
        double with = averageCrossEntropy(batch.prompts(), batch.codes());
        double without = averageCrossEntropy(batches.nullPrompts(), batch.codes());
        return Map.of("loss", with, "loss_without_prompt", without, "prompt_gain", without - with);
    }

    private double averageCrossEntropy(Tensor prompts, Tensor codes) {
        var model = measured();
        long count = codes.size(0);
        double sum = 0;
        for (long begin = 0; begin < count; begin += AT_ONCE) {
            long first = begin;
            long size = Math.min(AT_ONCE, count - first);
            sum += size
                    * Tensors.<Double>scope(() -> {
                        Tensor shown = codes.narrow(0, first, size);
                        Tensor read = model.codeEmbeddings(shown.narrow(1, 0, config.length() - 1));
                        return crossEntropy(model, prompts.narrow(0, first, size), read, shown)
                                .item_double();
                    });
        }
        return sum / count;
    }

    @Override
    public void sample(Path png) {
        sheet.accept(model(), png);
    }
}
