package org.sjd4j.training;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.model.Denoising;
import org.sjd4j.model.RasterLlama;
import org.sjd4j.prompt.PromptSlots;
import org.sjd4j.prompt.WordTokenizer;
import org.sjd4j.tensor.JsonConfig;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.TensorFiles;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/** Trains the denoising adapter of a model and puts it beside the model, where {@code generate} finds it. */
public final class DenoisingRun {
    private static final int BATCH = 16;

    private DenoisingRun() {}

    /** The bundled adapter's sizes for a code table of this width: the noise range follows from the table's geometry. */
    public static Denoising.Config config(int codeWidth, int codes, int rank) {
        double turning = 0.5 * Math.sqrt(codeWidth / Math.log(codes));
        return new Denoising.Config(rank, turning / 6, turning * 8);
    }

    /** The bundled adapter's schedule. */
    public static TrainingSettings settings(long steps) {
        return new TrainingSettings(steps, 20, steps / 2, 2e-3, 0.01, 0.95, 1, 1, 50, 100, steps);
    }

    /**
     * Trains, or goes on training, and writes {@code denoising.safetensors} and {@code denoising_config.json} into the
     * model's directory.
     *
     * @param modelDirectory a checkpoint
     * @param tokens directory of the tokenized pictures that the model was trained on
     * @param rank of the adapter
     * @param directory of the run
     * @return the last validation's figures
     * @throws TrainingException if the directory holds another run
     */
    public static Map<String, Double> train(
            Path modelDirectory,
            Path tokens,
            int rank,
            TrainingSettings settings,
            Path directory,
            TrainingListener listener) {
        LibTorch.load();
        var device = new Device("cpu");
        var config = RasterLlama.Config.from(JsonConfig.read(modelDirectory.resolve("config.json")));
        var words = WordTokenizer.read(modelDirectory.resolve("tokenizer.json"));
        Path file = modelDirectory.resolve("model.safetensors");
        var weights = Weights.of(file.toString(), TensorFiles.read(file, ScalarType.Float, device));
        var model = Tensors.ungraded(() -> new RasterLlama(config, weights));
        var pictures = TokenizedPictures.read(tokens);
        var prompts = new PromptSlots(words, config.promptSlots());
        var batches = new CaptionedBatches(pictures, prompts, BATCH, settings.seed(), device);
        var denoising = config(config.codeWidth(), config.codes(), rank);
        var identity = new LinkedHashMap<String, String>();
        identity.put("config", denoising.toString());
        identity.put("model", config.toString());
        identity.put("seed", Long.toString(settings.seed()));
        identity.put("learning_rate", Double.toString(settings.learningRate()));
        try (var run = RunDirectory.open(directory, identity)) {
            var task = new DenoisingTraining(model, denoising, batches, settings.seed(), device);
            var figures = Trainer.train(task, settings, run, listener);
            CheckpointExport.writeJson(modelDirectory.resolve("denoising_config.json"), denoising.toJson());
            TensorFiles.write(
                    modelDirectory.resolve("denoising.safetensors"),
                    task.parameters().byName(),
                    Map.of("format", "pt"));
            return figures;
        }
    }
}
