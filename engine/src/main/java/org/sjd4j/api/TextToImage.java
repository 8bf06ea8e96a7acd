package org.sjd4j.api;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.Score;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.decode.sampling.DecodingException;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.Defaults;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.LoadedModel;
import org.sjd4j.family.MemoryGuard;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.family.TooLittleMemoryException;
import org.sjd4j.generate.FixedPasses;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.Precision;

/**
 * Where programs begin: a loaded model that turns prompts into images.
 *
 * <p>Safe for use by many threads; calls run one after another on the model's own thread.
 */
public final class TextToImage implements AutoCloseable {
    private final OwnerThread owner;
    private final ModelDescription description;
    private final LoadOptions options;
    private final LoadedModel model;
    private final double loadSeconds;
    private final @Nullable FixedPasses fixed;

    private TextToImage(
            OwnerThread owner,
            ModelDescription description,
            LoadOptions options,
            LoadedModel model,
            double loadSeconds) {
        this.owner = owner;
        this.description = description;
        this.options = options;
        this.model = model;
        this.loadSeconds = loadSeconds;
        this.fixed = options.passRows() == 0 ? null : new FixedPasses(options.passRows());
        if (fixed != null) {
            fixed.expect(1, description.defaults(options.device()).sampling().guided() ? 2 : 1);
        }
    }

    /**
     * Loads a model in its {@linkplain ModelDescription#defaultPrecision default precision}.
     *
     * @param directory a checkpoint laid out like a Hugging Face one
     * @param device {@code cpu} or {@code cuda}
     * @throws org.sjd4j.tensor.CheckpointException if the checkpoint cannot be read
     * @throws IllegalArgumentException if the device is unknown or cannot be used
     * @throws TooLittleMemoryException if the model does not fit into memory
     */
    public static TextToImage open(Path directory, String device) {
        var description = Families.describe(directory);
        var where = ComputeDevice.named(device);
        return open(description, LoadOptions.of(description, where));
    }

    /** Loads a model whose description was read before; otherwise as {@link #open(Path, String)}. */
    public static TextToImage open(ModelDescription description, ComputeDevice device, Precision precision) {
        return open(description, LoadOptions.of(device, precision));
    }

    /** Loads a model whose description was read before; otherwise as {@link #open(Path, String)}. */
    public static TextToImage open(ModelDescription description, LoadOptions options) {
        long begin = System.nanoTime();
        MemoryGuard.require(
                description.bytesNeeded(options.precision()),
                MemoryGuard.available(options.device()),
                options.device());
        var owner = new OwnerThread("sjd4j-model");
        try {
            var model = owner.call(() -> description.load(options.device(), options.precision()));
            return new TextToImage(owner, description, options, model, seconds(begin, System.nanoTime()));
        } catch (RuntimeException | Error e) {
            owner.close();
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
        return description.defaults(options.device());
    }

    /** Where the model was loaded from. */
    public Path directory() {
        return description.directory();
    }

    /** Dtype of the matrix products. */
    public Precision precision() {
        return options.precision();
    }

    /** How the model was loaded. */
    public LoadOptions options() {
        return options;
    }

    /** Seconds that loading took. */
    public double loadSeconds() {
        return loadSeconds;
    }

    /** The size of an image that was not asked for another one. */
    public ImageSize size() {
        return description.sizes().getFirst();
    }

    /** Tokens of one image of {@link #size()}, structural ones included. */
    public int imageTokens() {
        return description.layout(size()).length();
    }

    /** Makes an image. */
    public GeneratedImage generate(Request request) {
        return generate(request, StepObserver.NONE);
    }

    /**
     * Makes an image.
     *
     * @param observer hears of every step, on the model's thread; it may ask the model for previews
     * @throws org.sjd4j.decode.sampling.DecodingException if the decoder needs what the model cannot do, or its logits are broken
     */
    public GeneratedImage generate(Request request, StepObserver observer) {
        return generate(List.of(request), observer, BatchLimits.SINGLE).getFirst();
    }

    /**
     * Makes several images, as many at a time as fit into the limits, as {@link #generateTogether}.
     *
     * @return in the order of the requests
     * @throws org.sjd4j.decode.sampling.DecodingException as {@link #generate(Request)}, after the others are finished
     */
    public List<GeneratedImage> generateAll(List<Request> requests, BatchLimits limits) {
        return generate(requests, StepObserver.NONE, limits);
    }

    private List<GeneratedImage> generate(List<Request> requests, StepObserver observer, BatchLimits limits) {
        return owner.call(() -> {
            var source = new RequestList(requests, observer);
            try {
                run(source, limits);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DecodingException("interrupted before the image was finished", e);
            }
            return source.images();
        });
    }

    private Generation begin(Request request) {
        var size = sizeOf(request);
        requireRoom("prompt", request.prompt(), size);
        if (request.sampling().guided()) {
            requireRoom("negative prompt", request.negativePrompt(), size);
        }
        return new Generation(model, description, request, size);
    }

    private void requireRoom(String what, String prompt, ImageSize size) {
        int most = longestPrompt(size);
        int found = most == Integer.MAX_VALUE ? 0 : promptTokens(prompt);
        if (found > most) {
            throw new DecodingException(
                    "the %s has %s tokens, but before an image of %s this model reads %s; shorten it"
                            .formatted(what, found, size, most));
        }
    }

    /** Tokens that the model reads of a prompt, without what its template adds. */
    public int promptTokens(String prompt) {
        return model.promptTokens(prompt);
    }

    /**
     * Tokens that a prompt may have before an image of a size; {@link Integer#MAX_VALUE} if the model reads any prompt,
     * leaving out what is too much.
     */
    public int longestPrompt(ImageSize size) {
        return model.longestPrompt(size);
    }

    /**
     * Generates the images of a source together, in forward passes that several of them share, until the source has ended. Each is the image that
     * {@link #generate} makes, token for token with {@code ar} and exact decoders, but for the rounding of sums, and of
     * the same distribution with the other lossless ones.
     *
     * <p>The model is taken until then: other calls wait, except those that tasks make themselves.
     *
     * @throws IllegalStateException if the calling thread is interrupted; images that were begun are given up then
     */
    public void generateTogether(GenerationSource source, BatchLimits limits) {
        owner.call(() -> {
            run(source, limits);
            return true;
        });
    }

    private void run(GenerationSource source, BatchLimits limits) throws InterruptedException {
        if (limits.workers() == 1 || fixed != null || options.device() != ComputeDevice.CPU) {
            var together = new BatchLimits(limits.images(), limits.rows());
            new GenerationBatch(this::begin, together, fixed, () -> 1).run(source);
            return;
        }
        var shared = new SharedSource(source, limits);
        owner.runSideBySide(IntStream.range(0, limits.workers())
                .<OwnerThread.Work>mapToObj(worker ->
                        () -> new GenerationBatch(this::begin, limits, null, shared::atWork).run(shared.of(worker)))
                .toList());
    }

    /**
     * The size of an image.
     *
     * @throws IllegalArgumentException if the model makes no such images
     */
    private ImageSize sizeOf(Request request) {
        var size = request.size();
        if (size != null && !description.sizes().contains(size)) {
            throw new IllegalArgumentException(size + " is none of the model's sizes " + description.sizes());
        }
        return size == null ? size() : size;
    }

    /**
     * How probable an image's tokens are for this model.
     *
     * @param prompt what the image shows
     * @param sampling the distribution to score with; {@link Sampling#PLAIN} for the model's own
     * @param tokens all tokens of an image of {@link #size()}
     * @throws IllegalArgumentException if these are no tokens of an image
     */
    public Score score(String prompt, Sampling sampling, int[] tokens) {
        requireTokens(tokens, description.layout(size()));
        return owner.call(() -> {
            try (var session = session(prompt, sampling)) {
                return Score.of(session, tokens);
            }
        });
    }

    /**
     * Times forward passes of a number of rows over one image from top to bottom, whatever it shows.
     *
     * @param sampling guidance doubles the rows that the network computes
     * @param rows rows of a pass, from 1 to {@link #imageTokens()}
     * @return seconds of each pass as a decoder sees it: tokens in, distributions out
     * @throws IllegalArgumentException if an image has not so many rows
     */
    public double[] timePasses(String prompt, Sampling sampling, int rows) {
        if (rows < 1 || rows > imageTokens()) {
            throw new IllegalArgumentException("a pass may have 1 to " + imageTokens() + " rows, found " + rows);
        }
        int first = description.layout(size()).firstImageId();
        var tokens = Collections.<Row>nCopies(rows, new Row.Token(first));
        return owner.call(() -> {
            try (var session = session(prompt, sampling)) {
                var passes = new double[imageTokens() / rows];
                for (int i = 0; i < passes.length; i++) {
                    long begin = System.nanoTime();
                    session.step(i * rows, tokens);
                    passes[i] = seconds(begin, System.nanoTime());
                }
                return passes;
            }
        });
    }

    private ImageSession session(String prompt, Sampling sampling) {
        var session = model.begin(prompt, "", sampling, size());
        if (fixed != null) {
            try {
                fixed.admit(session);
            } catch (RuntimeException | Error e) {
                session.close();
                throw e;
            }
        }
        return session;
    }

    /**
     * Turns tokens into pixels: for previews and trajectories.
     *
     * @param tokens all tokens of each image
     * @throws IllegalArgumentException if these are no tokens of images of this size
     */
    public List<BufferedImage> decodeImages(List<int[]> tokens, ImageSize size) {
        tokens.forEach(image -> requireTokens(image, description.layout(size)));
        return owner.call(
                () -> tokens.stream().map(image -> model.image(image, size)).toList());
    }

    private static void requireTokens(int[] tokens, RasterLayout layout) {
        if (tokens.length != layout.length()) {
            throw new IllegalArgumentException(
                    "found %s tokens, expected the %s of an image".formatted(tokens.length, layout.length()));
        }
        for (int i = 0; i < tokens.length; i++) {
            if (!layout.allows(i, tokens[i])) {
                throw new IllegalArgumentException(
                        "found token %s at position %s, where it cannot stand".formatted(tokens[i], i));
            }
        }
    }

    /** Frees the model, after the work it has. May be called more than once. */
    @Override
    public void close() {
        owner.close(() -> {
            if (fixed != null) {
                fixed.close();
            }
            model.close();
        });
    }
}
