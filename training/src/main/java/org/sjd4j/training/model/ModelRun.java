package org.sjd4j.training.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Initialisation;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.raster.PromptSlots;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.loop.CheckpointExport;
import org.sjd4j.training.loop.DataParallel;
import org.sjd4j.training.loop.FileHash;
import org.sjd4j.training.loop.Splits;
import org.sjd4j.training.loop.Trainer;
import org.sjd4j.training.loop.TrainingException;
import org.sjd4j.training.loop.TrainingListener;
import org.sjd4j.training.loop.TrainingSettings;
import org.sjd4j.training.report.ContactSheet;
import org.sjd4j.training.tokenizer.TokenizerRun;
import org.sjd4j.vision.PatchTokenizer;
import org.sjd4j.vision.Pixels;

/** Trains an autoregressive model from a data set and an image tokenizer to a loadable checkpoint. */
public final class ModelRun {
    /** Where a run directory holds its result. */
    public static final String RESULT = "model";

    private static final double SHEET_GUIDANCE = 1.5;
    private static final double SHEET_TEMPERATURE = 0.5;
    private static final double SHEET_TOP_P = 0.95;

    private ModelRun() {}

    /**
     * What to train.
     *
     * @param llama the stack of blocks
     * @param promptSlots rows of the prompt
     * @param imageSize image side in pixels
     * @param batch images per step
     * @param precision of the matrix products
     * @param backgrounds named backgrounds that every example is drawn on
     * @param moved moved and scaled copies of every example
     * @param sheetPrompts prompts of the sample sheets
     */
    public record Options(
            LlamaConfig llama,
            int promptSlots,
            int imageSize,
            int batch,
            Precision precision,
            int backgrounds,
            int moved,
            List<String> sheetPrompts) {
        /** The bundled model's options. */
        public static final Options BUNDLED = new Options(
                new LlamaConfig(384, 8, 6, 1024, 1e-5, 10000),
                16,
                128,
                16,
                Precision.FLOAT32,
                4,
                8,
                List.of(
                        "red apple, noto style",
                        "red apple, fluent style",
                        "cat face, twemoji style",
                        "bus, noto style",
                        "tractor, emojione style",
                        "pizza, noto style",
                        "guitar, twemoji style",
                        "hot coffee, fluent-flat style",
                        "rocket, noto style, on a blue background",
                        "tiger face, noto-v1 style",
                        "umbrella, twemoji style, on a yellow background",
                        "birthday cake, noto style",
                        "fire engine, emojione style, on a pink background",
                        "doughnut, fluent style",
                        "penguin, noto style",
                        "octopus, twemoji style, on a green background"));

        /**
         * The same for other images.
         *
         * @param pixels image side
         * @param images per step
         * @param coloured named backgrounds that every example is drawn on
         * @param shifted moved and scaled copies of every example
         * @param chosen dtype of the matrix products
         */
        public Options with(int pixels, int images, int coloured, int shifted, Precision chosen) {
            return new Options(llama, promptSlots, pixels, images, chosen, coloured, shifted, sheetPrompts);
        }
    }

    /** The bundled model's schedule. */
    public static TrainingSettings settings(long steps, long cooldown) {
        return new TrainingSettings(steps, 100, cooldown, 2e-3, 0.05, 0.95, 1, 1, 50, 200, 400);
    }

    /**
     * Trains, or goes on training, and writes {@link #RESULT}, in half precision on disk: it is read into float32.
     *
     * @param imageTokenizer directory of a trained image tokenizer
     * @param start checkpoint directory of a model to begin with, instead of random weights; a run that goes on ignores
     *     it
     * @param directory of the run
     * @return the last validation's figures
     * @throws TrainingException if the directory holds another run, or nothing is there to train or to validate on
     */
    public static Map<String, Double> train(
            DataSet data,
            Path imageTokenizer,
            @Nullable Path start,
            Options options,
            TrainingSettings settings,
            Path directory,
            TrainingListener listener) {
        return train(data, imageTokenizer, start, options, settings, directory, listener, DataParallel.NONE);
    }

    /**
     * As {@link #train(DataSet, Path, Path, Options, TrainingSettings, Path, TrainingListener)}, together with other workers,
     * which read the same files.
     *
     * @param parallel this worker and the others
     * @return the last validation's figures at the leader, nothing elsewhere
     * @throws java.io.UncheckedIOException if a worker is lost
     */
    public static Map<String, Double> train(
            DataSet data,
            Path imageTokenizer,
            @Nullable Path start,
            Options options,
            TrainingSettings settings,
            Path directory,
            TrainingListener listener,
            DataParallel parallel) {
        Splits.require(data);
        var device = LibTorch.device(settings.device());
        var visionConfig = PatchTokenizer.Config.from(JsonConfig.read(imageTokenizer.resolve("config.json")))
                .withImageSize(options.imageSize());
        Path visionFile = imageTokenizer.resolve("model.safetensors");
        var visionTensors = TensorFiles.read(visionFile, ScalarType.Float, device);
        var vision = new PatchTokenizer(visionConfig, Weights.of(visionFile.toString(), visionTensors));
        var identity = new LinkedHashMap<String, String>();
        identity.put("llama", options.llama().toString());
        identity.put("prompt_slots", Integer.toString(options.promptSlots()));
        identity.put("data", FileHash.sha256(data));
        identity.put("image_size", Integer.toString(options.imageSize()));
        identity.put("image_tokenizer", FileHash.sha256(visionFile));
        identity.put("backgrounds", Integer.toString(options.backgrounds()));
        identity.put("moved", Integer.toString(options.moved()));
        identity.put("precision", options.precision().name());
        identity.put("batch", Integer.toString(options.batch()));
        identity.put("seed", Long.toString(settings.seed()));
        identity.put("learning_rate", Double.toString(settings.learningRate()));
        int batch = parallel.microBatch(options.batch());
        var encoder = new VariationEncoder(data, vision, options.backgrounds(), options.moved(), settings.seed());
        try (var run = parallel.open(directory, identity)) {
            var images = parallel.leaderFirst(
                    () -> TokenShards.readOrMake(data, encoder, directory.resolve("tokens"), listener));
            var words = WordTokenizer.of(PromptSlots.specialTokens(), images.words());
            var prompts = new PromptSlots(words, options.promptSlots());
            var config = new RasterLlama.Config(
                    options.llama(),
                    words.size(),
                    options.promptSlots(),
                    visionConfig.grid(),
                    visionConfig.codes(),
                    visionConfig.codeWidth());
            var batches = new CaptionedBatches(images, prompts, batch, settings.seed(), device);
            var task = new ModelTraining(
                    config,
                    batches,
                    options.precision(),
                    settings.seed(),
                    device,
                    (model, png) -> drawSheet(model, vision, prompts, options.sheetPrompts(), device, png));
            if (run.latest().isEmpty()) {
                if (start == null) {
                    task.startFrom(vision.codebook());
                } else {
                    task.startFrom(new StartingModel(start, device), words);
                }
            }
            var figures = Trainer.train(task, settings, run, listener, parallel);
            if (parallel.leads()) {
                Path result = directory.resolve(RESULT);
                CheckpointExport.write(
                        result, config, task.parameters().byName(), words, generation(), ScalarType.Half);
                CheckpointExport.write(
                        result.resolve(TokenizerRun.RESULT), visionConfig, visionTensors, ScalarType.Half);
            }
            return figures;
        }
    }

    private static Map<String, Object> generation() {
        var json = new LinkedHashMap<String, Object>();
        json.put("guidance_scale", SHEET_GUIDANCE);
        json.put("temperature", SHEET_TEMPERATURE);
        json.put("top_k", 0);
        json.put("top_p", SHEET_TOP_P);
        json.put("decoder", "sjd-exact");
        json.put("window", 16);
        json.put("initialisation", "ABOVE");
        return json;
    }

    private static void drawSheet(
            RasterLlama model,
            PatchTokenizer vision,
            PromptSlots prompts,
            List<String> texts,
            Device device,
            Path png) {
        var sheet = new ContactSheet(8);
        var decoder = Decoders.named("sjd-exact");
        var settings = DecoderSettings.DEFAULT.withWindow(24).withInitialisation(Initialisation.ABOVE);
        var sampling = new Sampling(SHEET_GUIDANCE, SHEET_TEMPERATURE, 0, SHEET_TOP_P);
        for (int i = 0; i < texts.size(); i++) {
            int[] slots = prompts.of(texts.get(i)).slots();
            try (var scope = new PointerScope();
                    var session = model.begin(Proposals.NONE, slots, prompts.none(), sampling, device)) {
                var decoded = decoder.decode(session, settings, i, StepObserver.NONE);
                var codes =
                        Tensors.of(decoded.tokens(), 1, decoded.tokens().length).to(device, ScalarType.Int);
                var image = Pixels.images(vision.decode(vision.lookup(codes))).getFirst();
                sheet.add(image, texts.get(i));
            }
        }
        try {
            sheet.write(png);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + png, e);
        }
    }
}
