package org.sjd4j.training.tokenizer;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Weights;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.data.ImageStore;
import org.sjd4j.training.loop.CheckpointExport;
import org.sjd4j.training.loop.FileHash;
import org.sjd4j.training.loop.RunDirectory;
import org.sjd4j.training.loop.Splits;
import org.sjd4j.training.loop.Trainer;
import org.sjd4j.training.loop.TrainingException;
import org.sjd4j.training.loop.TrainingListener;
import org.sjd4j.training.loop.TrainingSettings;
import org.sjd4j.vision.PatchTokenizer;

/** Trains an image tokenizer from a data set to a loadable checkpoint, in one run directory. */
public final class TokenizerRun {
    /** Where a run directory holds its result. */
    public static final String RESULT = "image_tokenizer";

    private static final String WEIGHTS = "model.safetensors";

    private TokenizerRun() {}

    /**
     * What to train on.
     *
     * @param config sizes of the network
     * @param batch images per step
     * @param backgrounds named backgrounds that every example is drawn on
     * @param moved moved and scaled copies of every example
     * @param unquantisedSteps first steps without quantisation
     */
    public record Options(PatchTokenizer.Config config, int batch, int backgrounds, int moved, int unquantisedSteps) {
        /** The bundled tokenizer's options. */
        public static final Options BUNDLED = new Options(
                new PatchTokenizer.Config(128, 8, 2048, 16, 192, List.of(128, 64, 32), List.of(2, 2, 1)), 24, 5, 2, 60);

        /** The same with another network and so many images per step. */
        public Options with(PatchTokenizer.Config network, int images) {
            return new Options(network, images, backgrounds, moved, unquantisedSteps);
        }
    }

    /** The bundled tokenizer's schedule. */
    public static TrainingSettings settings(long steps) {
        return new TrainingSettings(steps, 30, steps / 3, 2e-3, 1e-4, 0.99, 1, 1, 100, 100, 200);
    }

    /**
     * Trains, or goes on training, and writes {@link #RESULT}.
     *
     * @param start directory of a trained image tokenizer whose decoder alone learns on, so that its codes stay what they are;
     *     a run that goes on ignores it
     * @param directory of the run
     * @return the last validation's figures
     * @throws TrainingException if the directory holds another run, or nothing is there to train or to validate on
     */
    public static Map<String, Double> train(
            DataSet data,
            @Nullable Path start,
            Options options,
            TrainingSettings settings,
            Path directory,
            TrainingListener listener) {
        Splits.require(data);
        var device = LibTorch.device(settings.device());
        var identity = new LinkedHashMap<String, String>();
        identity.put("config", options.config().toString());
        identity.put("data", FileHash.sha256(data));
        identity.put("backgrounds", Integer.toString(options.backgrounds()));
        identity.put("moved", Integer.toString(options.moved()));
        identity.put("batch", Integer.toString(options.batch()));
        identity.put("seed", Long.toString(settings.seed()));
        if (start != null) {
            identity.put("start", FileHash.sha256(start.resolve(WEIGHTS)));
        }
        try (var run = RunDirectory.open(directory, identity)) {
            var store = ImageStore.draw(data, options.backgrounds(), options.moved(), settings.seed());
            var images = new StoredImages(store, options.batch(), settings.seed(), device);
            var part = start == null ? TokenizerTraining.Part.ALL : TokenizerTraining.Part.DECODER;
            var task = new TokenizerTraining(
                    options.config(), images, options.unquantisedSteps(), settings.seed(), device, part);
            if (start != null && run.latest().isEmpty()) {
                Path file = start.resolve(WEIGHTS);
                task.startFrom(Weights.of(file.toString(), TensorFiles.read(file, ScalarType.Float, device)));
            }
            var figures = Trainer.train(task, settings, run, listener);
            CheckpointExport.write(
                    directory.resolve(RESULT),
                    options.config(),
                    task.parameters().byName(),
                    ScalarType.Float);
            return figures;
        }
    }
}
