package org.sjd4j.training.scorer;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.metrics.StreamingStatistics;
import org.sjd4j.metrics.scorer.CaptionWords;
import org.sjd4j.metrics.scorer.Scorer;
import org.sjd4j.metrics.scorer.ScorerNetwork;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.loop.CheckpointExport;
import org.sjd4j.training.loop.FileHash;
import org.sjd4j.training.loop.RunDirectory;
import org.sjd4j.training.loop.Splits;
import org.sjd4j.training.loop.Trainer;
import org.sjd4j.training.loop.TrainingException;
import org.sjd4j.training.loop.TrainingListener;
import org.sjd4j.training.loop.TrainingSettings;

/** Trains a small dual encoder that tells whether an image shows its caption. */
public final class ScorerRun {
    /** Where a run directory holds its result. */
    public static final String RESULT = "scorer";

    private static final int SLOTS = 12;

    private ScorerRun() {}

    /**
     * What to train.
     *
     * @param widths channels of the tower of images at each resolution
     * @param blocks its residual blocks at each resolution
     * @param embedding length of the embeddings
     * @param batch images per step
     * @param backgrounds named backgrounds that every example is drawn on
     * @param moved moved and scaled copies of every example
     */
    public record Options(List<Integer> widths, int blocks, int embedding, int batch, int backgrounds, int moved) {
        /** The bundled scorer's options. */
        public static final Options BUNDLED = new Options(List.of(32, 64, 128), 2, 64, 64, 5, 8);
    }

    /** The bundled scorer's schedule. */
    public static TrainingSettings settings(long steps) {
        return new TrainingSettings(steps, 50, steps / 2, 1e-3, 0.05, 0.98, 1, 1, 100, 100, steps);
    }

    /**
     * Trains, or goes on training, and writes {@link #RESULT}.
     *
     * @param data images twice as wide as the scorer sees them
     * @param directory of the run
     * @return the last validation's figures
     * @throws TrainingException if the directory holds another run, or nothing is there to train or to validate on
     */
    public static Map<String, Double> train(
            DataSet data, Options options, TrainingSettings settings, Path directory, TrainingListener listener) {
        Splits.require(data);
        var device = LibTorch.device(settings.device());
        var identity = new LinkedHashMap<String, String>();
        identity.put("options", options.toString());
        identity.put("data", FileHash.sha256(data));
        identity.put("seed", Long.toString(settings.seed()));
        identity.put("learning_rate", Double.toString(settings.learningRate()));
        try (var run = RunDirectory.open(directory, identity)) {
            var images =
                    new ScorerImages(data, options.backgrounds(), options.moved(), options.batch(), settings.seed());
            var words = WordTokenizer.of(CaptionWords.SPECIAL, images.words());
            var config = new ScorerNetwork.Config(
                    data.size() / 2, options.widths(), options.blocks(), words.size(), SLOTS, options.embedding());
            var task = new ScorerTraining(config, images, new CaptionWords(words, SLOTS), settings.seed(), device);
            var figures = Trainer.train(task, settings, run, listener);
            Path result = directory.resolve(RESULT);
            CheckpointExport.write(result, config, task.parameters().byName(), words, ScalarType.Half);
            writeReference(images, result);
            return figures;
        }
    }

    /** What images that are drawn are compared with: all images as they are, to train on and held out. */
    private static void writeReference(ScorerImages images, Path directory) {
        try (var scorer = Scorer.open(directory)) {
            var statistics = new StreamingStatistics(scorer);
            for (var some : List.of(images.plain(), images.heldOut())) {
                for (var image : some) {
                    statistics.add(scorer.features(images.image(image)));
                }
            }
            statistics.statistics().write(directory.resolve(Scorer.REFERENCE));
        }
    }
}
