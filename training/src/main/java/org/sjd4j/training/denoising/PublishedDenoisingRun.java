package org.sjd4j.training.denoising;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.Fingerprint;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.llama.AdapterBase;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.training.loop.CheckpointExport;
import org.sjd4j.training.loop.DataParallel;
import org.sjd4j.training.loop.FileHash;
import org.sjd4j.training.loop.LayerByLayer;
import org.sjd4j.training.loop.Splits;
import org.sjd4j.training.loop.Trainer;
import org.sjd4j.training.loop.TrainingException;
import org.sjd4j.training.loop.TrainingListener;
import org.sjd4j.training.loop.TrainingSettings;
import org.sjd4j.training.model.CutEncoder;
import org.sjd4j.training.model.TokenShards;

/** Teaches a published model to read noise through an adapter; its weights stay where they lie, and what they are. */
public final class PublishedDenoisingRun {
    /** Where a run directory holds its result. */
    public static final String RESULT = DenoisingRun.RESULT;

    private static final String TOKENS = "tokens";

    /** What a stack may keep for its gradients before blocks are computed twice instead. */
    private static final long MOST_KEPT = 2L << 30;

    /**
     * How to train.
     *
     * @param rank of the adapter
     * @param batch images of a step, read one after the other
     * @param size of the images, one of the model's
     * @param precision of the matrix products
     * @param layerByLayer whether blocks are computed a second time when their gradients are due, in less memory; or
     *     nothing, to do so where they would keep more than 2 GiB
     */
    public record Options(
            int rank,
            int batch,
            ImageSize size,
            Precision precision,
            @Nullable Boolean layerByLayer) {}

    private PublishedDenoisingRun() {}

    /** A schedule for models that have learned from millions of images. */
    public static TrainingSettings settings(long steps) {
        return new TrainingSettings(steps, Math.min(20, steps), steps / 2, 2e-4, 0.01, 0.95, 1, 1, 50, 100, steps);
    }

    /**
     * Trains, or goes on training, and writes {@link #RESULT}: an adapter in a directory of its own.
     *
     * @param description of the model
     * @param directory of the run
     * @return the last validation's figures
     * @throws TrainingException if the directory holds another run, or nothing is there to train or to validate on, or the model makes no images of that size
     * @throws org.sjd4j.tensor.CheckpointException if a part of the model is missing, such as the image tokenizer's encoder
     */
    public static Map<String, Double> train(
            ModelDescription description,
            FolderDataSet data,
            Options options,
            TrainingSettings settings,
            Path directory,
            TrainingListener listener) {
        return train(description, data, options, settings, directory, listener, DataParallel.NONE);
    }

    /**
     * As {@link #train(ModelDescription, FolderDataSet, Options, TrainingSettings, Path, TrainingListener)}, together with other
     * workers, which read the same files.
     *
     * @param parallel this worker and the others
     * @return the last validation's figures at the leader, nothing elsewhere
     * @throws java.io.UncheckedIOException if a worker is lost
     */
    public static Map<String, Double> train(
            ModelDescription description,
            FolderDataSet data,
            Options options,
            TrainingSettings settings,
            Path directory,
            TrainingListener listener,
            DataParallel parallel) {
        if (!description.sizes().contains(options.size())) {
            throw new TrainingException("--size " + options.size() + ": this model makes images of "
                    + description.sizes().stream().map(ImageSize::toString).collect(Collectors.joining(", "))
                    + " only");
        }
        Splits.require(data);
        var device = LibTorch.device(settings.device());
        long seed = settings.seed();
        try (var model = PublishedDescription.loadParts(description, settings.device(), options.precision());
                var scope = new PointerScope()) {
            var network = model.network();
            var base = AdapterBase.of(description.family(), network);
            try (var run = parallel.open(directory, identity(base, description, data, options, settings))) {
                var encoder = new CutEncoder(data, model.imageTokenizer(), options.size(), device);
                var tokens =
                        parallel.leaderFirst(() -> TokenShards.readOrMake(data, encoder, run.path(TOKENS), listener));
                var layout = description.layout(options.size());
                int batch = parallel.microBatch(options.batch());
                var images = new PublishedImages(tokens, model, options.size(), layout, batch, seed, device);
                var noise = NoiseRange.measure(network.codeTable(), options.rank(), seed);
                var adapter = new DenoisingNetwork.GatedAdapter<>(network, noise, options.precision(), seed, device);
                boolean layerByLayer = layerByLayer(options, network.stack().config(), layout.length());
                var task = new DenoisingTraining<>(adapter, images, layout, layerByLayer, seed, device);
                var figures = Trainer.train(task, settings, run, listener, parallel);
                if (parallel.leads()) {
                    CheckpointExport.adapter(
                            run.path(RESULT), adapter.parameters().byName(), noise, base);
                }
                return figures;
            }
        }
    }

    private static Map<String, String> identity(
            AdapterBase base,
            ModelDescription description,
            FolderDataSet data,
            Options options,
            TrainingSettings settings) {
        var identity = new LinkedHashMap<String, String>();
        identity.put("model", base.toString());
        identity.put("image_tokenizer", Fingerprint.of(description.imageTokenizerFile()));
        identity.put("rank", Integer.toString(options.rank()));
        identity.put("batch", Integer.toString(options.batch()));
        identity.put("precision", options.precision().name());
        identity.put("size", options.size().toString());
        identity.put("data", FileHash.sha256(data));
        identity.put("seed", Long.toString(settings.seed()));
        identity.put("learning_rate", Double.toString(settings.learningRate()));
        return identity;
    }

    private static boolean layerByLayer(Options options, LlamaConfig llama, long rows) {
        Boolean asked = options.layerByLayer();
        return asked == null ? LayerByLayer.bytesKept(llama, rows) > MOST_KEPT : asked;
    }
}
