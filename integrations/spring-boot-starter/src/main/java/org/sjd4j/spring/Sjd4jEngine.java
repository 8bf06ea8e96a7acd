package org.sjd4j.spring;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.BatchLimits;
import org.sjd4j.api.Families;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.ImageGenerator;
import org.sjd4j.api.LoadOptions;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.api.RequestBuilder;
import org.sjd4j.api.TextToImage;
import org.sjd4j.bundled.ModelCatalogue;
import org.sjd4j.bundled.ModelNotFoundException;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.family.TooLittleMemoryException;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.NativeBuildException;
import org.sjd4j.tensor.Precision;

/**
 * The model of an application, loaded once and shared by all that generate images with it. Its properties are checked when it is made, also if
 * the model is loaded later. Safe for use by many threads.
 */
public final class Sjd4jEngine implements AutoCloseable {
    private final Sjd4jProperties properties;
    private final ModelCatalogue.Entry entry;
    private final ModelDescription description;
    private final LoadOptions options;
    private final List<ImageGenerator.Monitor> monitors;
    private final AtomicLong images = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Loaded loaded;
    private volatile @Nullable RuntimeException failure;
    private volatile boolean closed;

    private record Loaded(TextToImage model, ImageGenerator generator) {}

    /**
     * An engine. The files that describe the model are read; its weights are not.
     *
     * @param monitors hear of all images
     * @throws Sjd4jConfigurationException if a property makes no sense
     */
    public Sjd4jEngine(Sjd4jProperties properties, List<ImageGenerator.Monitor> monitors) {
        this.properties = properties;
        this.monitors = List.copyOf(monitors);
        entry = checked("model", () -> ModelCatalogue.ofUser().find(properties.model()));
        description = checked(
                "model", () -> Families.describe(entry.directory(), properties.imageTokenizer(), properties.adapter()));
        var device = checked("device", () -> ComputeDevice.named(properties.device()));
        String dtype = properties.dtype();
        var precision =
                dtype == null ? description.defaultPrecision(device) : checked("dtype", () -> Precision.named(dtype));
        Integer rows = properties.passRows();
        options = checked(
                "pass-rows",
                () -> new LoadOptions(device, precision, rows == null ? LoadOptions.passRows(device) : rows));
        checkRequests();
        requireAtLeast("threads", properties.threads(), 1);
        requireAtLeast("partial-images", properties.partialImages(), 0);
        requireAtLeast("batch.images", properties.batch().images(), 1);
        requireAtLeast("batch.rows", properties.batch().rows(), 1);
        requireAtLeast("batch.workers", properties.batch().workers(), 1);
    }

    private static <T> T checked(String property, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException
                | ModelNotFoundException
                | CheckpointException
                | TooLittleMemoryException
                | NativeBuildException e) {
            throw wrong(property, String.valueOf(e.getMessage()), e);
        }
    }

    private static Sjd4jConfigurationException wrong(String property, String message, Throwable cause) {
        return new Sjd4jConfigurationException("sjd4j." + property, message, cause);
    }

    private static void requireAtLeast(String property, @Nullable Integer found, int least) {
        checked(property, () -> {
            if (found != null && found < least) {
                throw new IllegalArgumentException("found %s, expected at least %s".formatted(found, least));
            }
            return true;
        });
    }

    private void checkRequests() {
        var builder = new RequestBuilder(description, description.defaults(options.device()));
        checked("decoder", () -> builder.decoder(properties.decoder()));
        DecoderSettings.SETTINGS.forEach(setting ->
                checked(setting.option(), () -> builder.set(setting.name(), given(setting.name()))));
        Sampling.SETTINGS.forEach(setting ->
                checked(setting.option(), () -> builder.set(setting.name(), given(setting.name()))));
        checked("decoder", () -> {
            builder.requireSupport();
            return builder;
        });
    }

    private @Nullable Object given(String setting) {
        return switch (setting) {
            case "window" -> properties.window();
            case "initialisation" -> properties.initialisation();
            case "denoising_steps" -> properties.denoisingSteps();
            case "guidance_scale" -> properties.guidanceScale();
            case "temperature" -> properties.temperature();
            case "top_k" -> properties.topK();
            case "top_p" -> properties.topP();
            default -> null;
        };
    }

    /** Requests as the properties say. */
    RequestBuilder requests() {
        var builder = new RequestBuilder(description, description.defaults(options.device()))
                .decoder(properties.decoder())
                .negativePrompt(properties.negativePrompt())
                .seed(properties.seed());
        DecoderSettings.SETTINGS.forEach(setting -> builder.set(setting.name(), given(setting.name())));
        Sampling.SETTINGS.forEach(setting -> builder.set(setting.name(), given(setting.name())));
        return builder;
    }

    /** What an image's file says about how it was made. */
    Recipe recipe(Request request) {
        var parts = new Recipe.Parts(text(properties.imageTokenizer()), text(properties.adapter()));
        return new Recipe(entry.name(), parts, options.precision(), request);
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : value.toString();
    }

    /** The name or the directory that the model was chosen by. */
    public String name() {
        return entry.name();
    }

    /** What the checkpoint says about the model. */
    public ModelDescription description() {
        return description;
    }

    /** How the model is loaded. */
    public LoadOptions options() {
        return options;
    }

    /** Whether the model has been loaded. */
    public boolean isLoaded() {
        return loaded != null;
    }

    /** Why the model could not be loaded, when that was tried last. */
    public @Nullable RuntimeException failure() {
        return failure;
    }

    /** Images that were finished since the start. */
    public long images() {
        return images.get();
    }

    /** Images that wait for their first step. */
    public int waiting() {
        var now = loaded;
        return now == null ? 0 : now.generator().waiting();
    }

    /**
     * The model itself, loaded if it was not; it is closed with the application.
     *
     * @throws Sjd4jConfigurationException if it cannot be loaded
     * @throws IllegalStateException if the engine is closed
     */
    public TextToImage model() {
        return load().model();
    }

    /** What generates images for many threads at a time; otherwise as {@link #model}. */
    public ImageGenerator generator() {
        return load().generator();
    }

    private Loaded load() {
        var now = loaded;
        if (now != null) {
            return now;
        }
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the model is closed, because the application ends");
            }
            var other = loaded;
            if (other != null) {
                return other;
            }
            var fresh = open();
            loaded = fresh;
            failure = null;
            return fresh;
        } catch (RuntimeException e) {
            failure = e;
            throw e;
        } finally {
            lock.unlock();
        }
    }

    private Loaded open() {
        try {
            Integer threads = properties.threads();
            if (threads != null) {
                LibTorch.setThreads(threads);
            }
            var limits = checked("batch.workers", this::limits);
            var model = checked(
                    options.device() == ComputeDevice.CPU ? "model" : "device",
                    () -> TextToImage.open(description, options));
            return new Loaded(model, new ImageGenerator(model, limits, new All()));
        } catch (LinkageError e) {
            throw wrong(
                    "model",
                    "LibTorch cannot be used (%s); the class path needs exactly one of sjd4j-platform-cpu and sjd4j-platform-cuda"
                            .formatted(e.getMessage()),
                    e);
        }
    }

    private BatchLimits limits() {
        var batch = properties.batch();
        Integer images = batch.images();
        int most = images == null ? BatchLimits.imagesTogether(description, options) : images;
        Integer rows = batch.rows();
        Integer workers = batch.workers();
        return new BatchLimits(
                most,
                rows == null ? BatchLimits.USUAL_ROWS : rows,
                workers == null ? BatchLimits.workers(description, most) : workers);
    }

    /** Gives up the images that are not finished and frees the model. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            var now = loaded;
            if (now != null) {
                now.generator().close();
                now.model().close();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Counts, and tells all monitors. */
    private final class All implements ImageGenerator.Monitor {
        @Override
        public void started(long waitedNanos) {
            monitors.forEach(monitor -> monitor.started(waitedNanos));
        }

        @Override
        public void finished(GeneratedImage image) {
            images.incrementAndGet();
            monitors.forEach(monitor -> monitor.finished(image));
        }

        @Override
        public void failed(Throwable reason) {
            monitors.forEach(monitor -> monitor.failed(reason));
        }

        @Override
        public void left(boolean cancelled) {
            monitors.forEach(monitor -> monitor.left(cancelled));
        }
    }
}
