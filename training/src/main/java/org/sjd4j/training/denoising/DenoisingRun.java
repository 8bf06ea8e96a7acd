package org.sjd4j.training.denoising;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.family.raster.PromptSlots;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.llama.Denoising;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.training.loop.CheckpointExport;
import org.sjd4j.training.loop.DataParallel;
import org.sjd4j.training.loop.FileHash;
import org.sjd4j.training.loop.Trainer;
import org.sjd4j.training.loop.TrainingException;
import org.sjd4j.training.loop.TrainingListener;
import org.sjd4j.training.loop.TrainingSettings;
import org.sjd4j.training.model.CaptionedBatches;
import org.sjd4j.training.model.TokenShards;

/** Teaches a trained model to read noise, and writes a checkpoint of the model that can. */
public final class DenoisingRun {
    /** Where a run directory holds its result. */
    public static final String RESULT = "model";

    /** Images of an update of the bundled model. */
    public static final int BATCH = 16;

    /** What of a model changes. */
    public enum Mode {
        /** Added weights that act on noisy rows alone: clean rows, and what the model samples, stay exactly what they were. */
        ADAPTER,

        /** Every weight, as in the paper: there is no second set of matrices, but the model becomes another one. */
        FULL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * How to train.
     *
     * @param rank of the adapter, in {@link Mode#ADAPTER}
     * @param batch images of an update
     * @param precision of the matrix products
     */
    public record Options(Mode mode, int rank, int batch, Precision precision) {}

    private DenoisingRun() {}

    /** The bundled model's range of noise for a code table of this geometry, and sizes. */
    public static Denoising.Config config(int codeWidth, int codes, Options options) {
        double turning = 0.5 * Math.sqrt(codeWidth / Math.log(codes));
        int rank = options.mode() == Mode.ADAPTER ? options.rank() : 0;
        return new Denoising.Config(rank, turning / 6, turning * 8);
    }

    /** The bundled model's schedule. */
    public static TrainingSettings settings(Mode mode, long steps) {
        double rate = mode == Mode.ADAPTER ? 2e-3 : 5e-4;
        return new TrainingSettings(steps, 20, steps / 2, rate, 0.01, 0.95, 1, 1, 50, 100, steps);
    }

    /**
     * Trains, or goes on training, and writes {@link #RESULT}: a copy of the model that also reads noise.
     *
     * @param modelDirectory a checkpoint, which is left as it is
     * @param tokens directory of the tokenized images that the model was trained on
     * @param directory of the run
     * @return the last validation's figures
     * @throws TrainingException if the directory holds another run
     */
    public static Map<String, Double> train(
            Path modelDirectory,
            Path tokens,
            Options options,
            TrainingSettings settings,
            Path directory,
            TrainingListener listener) {
        return train(modelDirectory, tokens, options, settings, directory, listener, DataParallel.NONE);
    }

    /**
     * As {@link #train(Path, Path, Options, TrainingSettings, Path, TrainingListener)}, together with other workers, which read
     * the same files.
     *
     * @param parallel this worker and the others
     * @return the last validation's figures at the leader, nothing elsewhere
     * @throws java.io.UncheckedIOException if a worker is lost
     */
    public static Map<String, Double> train(
            Path modelDirectory,
            Path tokens,
            Options options,
            TrainingSettings settings,
            Path directory,
            TrainingListener listener,
            DataParallel parallel) {
        var device = LibTorch.device(settings.device());
        var config = RasterLlama.Config.from(JsonConfig.read(modelDirectory.resolve("config.json")));
        var words = WordTokenizer.read(modelDirectory.resolve("tokenizer.json"));
        var weights = TensorFiles.read(modelDirectory.resolve("model.safetensors"), ScalarType.Float, device);
        var images = TokenShards.read(tokens);
        var prompts = new PromptSlots(words, config.promptSlots());
        var batches =
                new CaptionedBatches(images, prompts, parallel.microBatch(options.batch()), settings.seed(), device);
        var denoising = config(config.codeWidth(), config.codes(), options);
        var identity = new LinkedHashMap<String, String>();
        identity.put("config", denoising.toString());
        identity.put("model", config.toString());
        identity.put("options", options.toString());
        identity.put("weights", FileHash.sha256(modelDirectory.resolve("model.safetensors")));
        identity.put("images", images.hash());
        identity.put("seed", Long.toString(settings.seed()));
        identity.put("learning_rate", Double.toString(settings.learningRate()));
        try (var run = parallel.open(directory, identity)) {
            long seed = settings.seed();
            DenoisingNetwork<RasterLlama> network = options.mode() == Mode.ADAPTER
                    ? new DenoisingNetwork.GatedAdapter<>(
                            frozen(config, weights, options.precision()), denoising, options.precision(), seed, device)
                    : new DenoisingNetwork.FineTuned(config, weights, denoising, options.precision(), seed, device);
            var task =
                    new DenoisingTraining<>(network, new BundledImages(batches), config.layout(), false, seed, device);
            var figures = Trainer.train(task, settings, run, listener, parallel);
            if (parallel.leads()) {
                CheckpointExport.withDenoising(
                        modelDirectory, network.parameters().byName(), denoising, directory.resolve(RESULT));
            }
            return figures;
        }
    }

    private static RasterLlama frozen(RasterLlama.Config config, Map<String, Tensor> weights, Precision precision) {
        return Tensors.ungraded(() -> new RasterLlama(config, Weights.of("the frozen model", weights), precision));
    }
}
