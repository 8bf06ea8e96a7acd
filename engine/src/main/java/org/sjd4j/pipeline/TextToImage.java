package org.sjd4j.pipeline;

import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.Sampling;
import org.sjd4j.decode.Score;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.model.RasterLlama;
import org.sjd4j.model.RasterSession;
import org.sjd4j.prompt.PromptSlots;
import org.sjd4j.prompt.WordTokenizer;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.JsonConfig;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.TensorFiles;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.vision.PatchTokenizer;
import org.sjd4j.vision.Pixels;

/**
 * The front door: a loaded model that turns prompts into pictures.
 *
 * <p>Safe for use by many threads; pictures are made one after another on the model's own thread.
 */
public final class TextToImage implements AutoCloseable {
    private final OwnerThread owner = new OwnerThread("sjd4j-model");
    private final Path directory;
    private final Defaults defaults;
    private final PromptSlots prompts;
    private final Device device;
    private final RasterLlama model;
    private final PatchTokenizer imageTokenizer;
    private final double loadSeconds;

    private TextToImage(Path directory, String deviceName) {
        long begin = System.nanoTime();
        this.directory = directory;
        var config = RasterLlama.Config.from(family(directory.resolve("config.json"), RasterLlama.MODEL_TYPE));
        var generation = directory.resolve("generation_config.json");
        this.defaults = Defaults.from(JsonConfig.read(generation));
        var words = WordTokenizer.read(directory.resolve("tokenizer.json"));
        if (words.size() > config.words()) {
            throw new CheckpointException(
                    directory.resolve("tokenizer.json").toString(),
                    words.size() + " words",
                    "at most the model's " + config.words(),
                    "use the tokenizer.json that belongs to this checkpoint");
        }
        this.prompts = new PromptSlots(words, config.promptSlots());
        Path vision = directory.resolve("image_tokenizer");
        var visionConfig = PatchTokenizer.Config.from(family(vision.resolve("config.json"), PatchTokenizer.MODEL_TYPE));
        if (visionConfig.codes() != config.codes() || visionConfig.grid() != config.grid()) {
            throw new CheckpointException(
                    vision.toString(),
                    visionConfig.codes() + " codes in a grid of " + visionConfig.grid(),
                    config.codes() + " codes in a grid of " + config.grid(),
                    "use the image tokenizer that the model was trained with");
        }
        LibTorch.load();
        this.device = new Device(deviceName);
        var weights = weights(directory);
        this.model = Tensors.ungraded(() -> new RasterLlama(config, weights));
        weights.requireAllRead();
        this.imageTokenizer = new PatchTokenizer(visionConfig, weights(vision));
        this.loadSeconds = (System.nanoTime() - begin) / 1e9;
    }

    private Weights weights(Path folder) {
        Path file = folder.resolve("model.safetensors");
        return Weights.of(file.toString(), TensorFiles.read(file, ScalarType.Float, device));
    }

    private static JsonConfig family(Path file, String expected) {
        if (!Files.isRegularFile(file)) {
            throw new CheckpointException(
                    file.toString(), "no such file", "a checkpoint directory with a config.json", "check the path");
        }
        var json = JsonConfig.read(file);
        String found = json.textOr("model_type", "none");
        if (!found.equals(expected)) {
            throw json.wrong("model_type", found, expected);
        }
        return json;
    }

    /**
     * Loads a model.
     *
     * @param directory a checkpoint laid out like a Hugging Face one
     * @param device {@code cpu} or {@code cuda}
     * @throws CheckpointException if the checkpoint cannot be read
     */
    public static TextToImage open(Path directory, String device) {
        return new TextToImage(directory, device);
    }

    /** What the checkpoint recommends. */
    public Defaults defaults() {
        return defaults;
    }

    /** Where the model was loaded from. */
    public Path directory() {
        return directory;
    }

    /** Seconds that loading took. */
    public double loadSeconds() {
        return loadSeconds;
    }

    /** Width and height of the pictures in pixels. */
    public int imageSize() {
        return imageTokenizer.config().imageSize();
    }

    /** Image tokens of one picture. */
    public int imageTokens() {
        return model.config().length();
    }

    /** Image tokens along each side of a picture. */
    public int grid() {
        return model.config().grid();
    }

    /** Words of a prompt that the model never saw. */
    public List<String> unknownWords(String prompt) {
        return prompts.of(prompt).unknown();
    }

    /** Makes a picture. */
    public GeneratedPicture generate(Request request) {
        return generate(request, StepObserver.NONE);
    }

    /**
     * Makes a picture.
     *
     * @param observer hears of every step, on the model's thread
     * @throws org.sjd4j.decode.DecodingException if the decoder needs what the model cannot do, or its logits are broken
     */
    public GeneratedPicture generate(Request request, StepObserver observer) {
        return owner.call(() -> draw(request, observer));
    }

    private GeneratedPicture draw(Request request, StepObserver observer) {
        long begin = System.nanoTime();
        var prompt = prompts.of(request.prompt());
        try (var session = session(request.prompt(), request.negativePrompt(), request.sampling())) {
            long prefilled = System.nanoTime();
            var decoded = request.decoder().decode(session, request.settings(), request.seed(), observer);
            long done = System.nanoTime();
            var image = images(List.of(decoded.tokens())).getFirst();
            long end = System.nanoTime();
            double modelSeconds = session.modelNanos() / 1e9;
            var timing = new GeneratedPicture.Timing(
                    (prefilled - begin) / 1e9,
                    modelSeconds,
                    (done - prefilled) / 1e9 - modelSeconds,
                    (end - done) / 1e9,
                    (end - begin) / 1e9);
            return new GeneratedPicture(
                    image, decoded.tokens(), decoded.statistics(), timing, prompt.unknown(), prompt.dropped());
        }
    }

    private RasterSession session(String prompt, String negativePrompt, Sampling sampling) {
        int[] other = negativePrompt.isBlank()
                ? prompts.none()
                : prompts.of(negativePrompt).slots();
        return new RasterSession(model, prompts.of(prompt).slots(), other, sampling, device);
    }

    /**
     * How probable a picture's tokens are for this model.
     *
     * @param prompt what the picture shows
     * @param sampling the distribution to score with; {@link Sampling#PLAIN} for the model's own
     * @param tokens the picture's image tokens in raster order
     * @throws IllegalArgumentException if these are no tokens of a picture
     */
    public Score score(String prompt, Sampling sampling, int[] tokens) {
        int codes = model.config().codes();
        for (int token : tokens) {
            if (token < 0 || token >= codes) {
                throw new IllegalArgumentException("found token %d, expected 0 to %d".formatted(token, codes - 1));
            }
        }
        return owner.call(() -> {
            try (var session = session(prompt, "", sampling)) {
                return Score.of(session, tokens);
            }
        });
    }

    /**
     * Times forward passes of a number of rows over one picture from top to bottom, whatever it shows.
     *
     * @param sampling guidance doubles the rows that the network computes
     * @param rows rows of a pass, from 1 to {@link #imageTokens()}
     */
    public PassTimes timePasses(String prompt, Sampling sampling, int rows) {
        var tokens = Collections.<Row>nCopies(rows, new Row.Token(0));
        return owner.call(() -> {
            try (var session = session(prompt, "", sampling)) {
                int passes = imageTokens() / rows;
                var network = new double[passes];
                var step = new double[passes];
                for (int i = 0; i < passes; i++) {
                    network[i] = session.networkNanos(i * rows, rows) / 1e9;
                    long begin = System.nanoTime();
                    session.step(i * rows, tokens, rows);
                    step[i] = (System.nanoTime() - begin) / 1e9;
                }
                return new PassTimes(network, step);
            }
        });
    }

    /**
     * Turns image tokens into pixels: for previews and trajectories.
     *
     * @param tokens pictures of {@link #imageTokens()} tokens each
     */
    public List<BufferedImage> decodeImages(List<int[]> tokens) {
        return owner.call(() -> images(tokens));
    }

    private List<BufferedImage> images(List<int[]> tokens) {
        var list = new ArrayList<BufferedImage>();
        for (int[] picture : tokens) {
            try (var scope = new PointerScope();
                    var guard = new NoGradGuard()) {
                Tensor codes = Tensors.of(picture, 1, picture.length).to(device, ScalarType.Long);
                list.addAll(Pixels.images(imageTokenizer.decode(imageTokenizer.lookup(codes))));
            }
        }
        return list;
    }

    @Override
    public void close() {
        owner.close();
    }
}
