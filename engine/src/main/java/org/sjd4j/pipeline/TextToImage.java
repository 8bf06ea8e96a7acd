package org.sjd4j.pipeline;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.Sampling;
import org.sjd4j.decode.Score;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.model.LoadedRasterLlama;
import org.sjd4j.model.RasterSession;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.Precision;
import org.sjd4j.vision.ImageDecoder;

/**
 * The front door: a loaded model that turns prompts into pictures.
 *
 * <p>Safe for use by many threads; pictures are made one after another on the model's own thread.
 */
public final class TextToImage implements AutoCloseable {
    private final OwnerThread owner;
    private final ModelDescription description;
    private final Precision precision;
    private final Parts parts;
    private final double loadSeconds;

    private record Parts(LoadedRasterLlama model, ImageDecoder imageDecoder) {}

    private TextToImage(
            OwnerThread owner, ModelDescription description, Precision precision, Parts parts, double loadSeconds) {
        this.owner = owner;
        this.description = description;
        this.precision = precision;
        this.parts = parts;
        this.loadSeconds = loadSeconds;
    }

    /**
     * Loads a model in float32.
     *
     * @param directory a checkpoint laid out like a Hugging Face one
     * @param device {@code cpu} or {@code cuda}
     * @throws org.sjd4j.tensor.CheckpointException if the checkpoint cannot be read
     * @throws IllegalArgumentException if the device is unknown or cannot be used
     * @throws TooLittleMemoryException if the model does not fit into memory
     */
    public static TextToImage open(Path directory, String device) {
        return open(ModelDescription.read(directory), ComputeDevice.named(device), Precision.FLOAT32);
    }

    /** Loads a model whose description was read before; otherwise as {@link #open(Path, String)}. */
    public static TextToImage open(ModelDescription description, ComputeDevice device, Precision precision) {
        long begin = System.nanoTime();
        MemoryGuard.require(description.parameters(), MemoryGuard.available());
        var owner = new OwnerThread("sjd4j-model");
        try {
            var parts = owner.call(() -> load(description, device, precision));
            return new TextToImage(owner, description, precision, parts, seconds(begin, System.nanoTime()));
        } catch (RuntimeException | Error e) {
            owner.close();
            throw e;
        }
    }

    private static Parts load(ModelDescription description, ComputeDevice device, Precision precision) {
        var model = LoadedRasterLlama.load(
                description.modelFile(), description.model(), description.denoisingFile(), device, precision);
        try {
            return new Parts(
                    model, ImageDecoder.load(description.imageTokenizerFile(), description.imageTokenizer(), device));
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private static double seconds(long beginNanos, long endNanos) {
        return (endNanos - beginNanos) / 1e9;
    }

    /** What the checkpoint says about the model. */
    public ModelDescription description() {
        return description;
    }

    /** What the checkpoint recommends. */
    public Defaults defaults() {
        return description.defaults();
    }

    /** Where the model was loaded from. */
    public Path directory() {
        return description.directory();
    }

    /** Number format of the matrix products. */
    public Precision precision() {
        return precision;
    }

    /** Seconds that loading took. */
    public double loadSeconds() {
        return loadSeconds;
    }

    /** Width and height of the pictures in pixels. */
    public int imageSize() {
        return description.imageSize();
    }

    /** Image tokens of one picture. */
    public int imageTokens() {
        return description.imageTokens();
    }

    /** Image tokens along each side of a picture. */
    public int grid() {
        return description.grid();
    }

    /** Words of a prompt that the model never saw. */
    public List<String> unknownWords(String prompt) {
        return description.prompts().of(prompt).unknown();
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
        var prompt = description.prompts().of(request.prompt());
        try (var session = session(request.prompt(), request.negativePrompt(), request.sampling())) {
            long prefilled = System.nanoTime();
            var decoded = request.decoder().decode(session, request.settings(), request.seed(), observer);
            long done = System.nanoTime();
            var image = parts.imageDecoder().image(decoded.tokens());
            long end = System.nanoTime();
            double modelSeconds = session.modelNanos() / 1e9;
            var timing = new GeneratedPicture.Timing(
                    seconds(begin, prefilled),
                    modelSeconds,
                    seconds(prefilled, done) - modelSeconds,
                    seconds(done, end),
                    seconds(begin, end));
            return new GeneratedPicture(
                    image, decoded.tokens(), decoded.statistics(), timing, prompt.unknown(), prompt.dropped());
        }
    }

    private RasterSession session(String prompt, String negativePrompt, Sampling sampling) {
        var prompts = description.prompts();
        int[] other = negativePrompt.isBlank()
                ? prompts.none()
                : prompts.of(negativePrompt).slots();
        return parts.model().begin(prompts.of(prompt).slots(), other, sampling);
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
        int codes = description.model().codes();
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
                    step[i] = seconds(begin, System.nanoTime());
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
        return owner.call(() -> parts.imageDecoder().images(tokens));
    }

    /** Frees the model, after the work it has. */
    @Override
    public void close() {
        owner.call(() -> {
            parts.imageDecoder().close();
            parts.model().close();
            return true;
        });
        owner.close();
    }
}
