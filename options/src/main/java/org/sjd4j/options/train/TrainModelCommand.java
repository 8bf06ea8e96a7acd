package org.sjd4j.options.train;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sjd4j.bundled.ModelCatalogue;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.options.Console;
import org.sjd4j.options.Converters;
import org.sjd4j.options.UserException;
import org.sjd4j.tensor.Precision;
import org.sjd4j.training.loop.DataParallel;
import org.sjd4j.training.model.ModelRun;
import org.sjd4j.training.tokenizer.TokenizerRun;
import org.sjd4j.vision.PatchTokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sjd train model}: captioned images to an autoregressive model. */
@Command(
        name = "model",
        description = "Trains an autoregressive model over the codes of a trained image tokenizer.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
public final class TrainModelCommand implements Callable<Integer> {
    private final Console console;
    private final DataParallel parallel;

    @Mixin
    private DataOptions data = new DataOptions();

    @Option(
            names = "--image-tokenizer",
            paramLabel = "DIR",
            description = "a trained image tokenizer (default: that of --from, or runs/tokenizer/image_tokenizer)")
    private @Nullable Path imageTokenizer;

    @Option(
            names = "--from",
            paramLabel = "NAME|DIR",
            description = "a trained model to begin with, instead of random weights: the run learns on from there")
    private @Nullable String from;

    @Option(
            names = "--size",
            paramLabel = "PIXELS",
            description = "side of the images, a multiple of the image tokenizer's patches (default: ${DEFAULT-VALUE})")
    private int size = ModelRun.Options.BUNDLED.imageSize();

    @Option(names = "--batch", paramLabel = "N", description = "images of an update (default: ${DEFAULT-VALUE})")
    private int batch = ModelRun.Options.BUNDLED.batch();

    @Option(
            names = "--backgrounds",
            paramLabel = "N",
            description = "emoji: copies of every image on named backgrounds (default: ${DEFAULT-VALUE})")
    private int backgrounds = ModelRun.Options.BUNDLED.backgrounds();

    @Option(
            names = "--moved",
            paramLabel = "N",
            description = "moved and scaled copies of every image (default: ${DEFAULT-VALUE})")
    private int moved = ModelRun.Options.BUNDLED.moved();

    @Option(
            names = "--dtype",
            paramLabel = "float32|bfloat16",
            converter = Converters.TrainingPrecisionName.class,
            description = "dtype of the matrix products: bfloat16 is faster where the CPU multiplies it"
                    + " natively (default: ${DEFAULT-VALUE})")
    private Precision precision = Precision.FLOAT32;

    @Option(names = "--run", paramLabel = "DIR", description = "directory of the run (default: runs/model)")
    private Path run = Path.of("runs", "model");

    @Option(names = "--steps", paramLabel = "N", description = "updates in all (default: ${DEFAULT-VALUE})")
    private long steps = 20_000;

    @Option(
            names = "--cooldown",
            paramLabel = "N",
            description = "updates at the end over which the learning rate falls to 0 (default: ${DEFAULT-VALUE})")
    private long cooldown = 2_000;

    @Mixin
    private ScheduleOptions schedule = new ScheduleOptions();

    @Mixin
    private TrainingDevice device = new TrainingDevice();

    @Option(names = "--verbose", description = "print a stack trace on failure")
    private boolean verbose;

    public TrainModelCommand(Console console, DataParallel parallel) {
        this.console = console;
        this.parallel = parallel;
    }

    @Override
    public Integer call() {
        if (batch < 1 || backgrounds < 0 || moved < 0) {
            throw new UserException("--batch should be 1 or more, --backgrounds and --moved 0 or more");
        }
        Path start = from == null ? null : ModelCatalogue.ofUser().find(from).directory();
        var settings = device.settings(schedule.over(ModelRun.settings(steps, cooldown)));
        Path vision = imageTokenizer(start);
        int patch = PatchTokenizer.Config.from(JsonConfig.read(vision.resolve("config.json")))
                .patch();
        if (size < patch || size % patch != 0) {
            throw new UserException(
                    "--size should be a multiple of the image tokenizer's " + patch + " pixels, found " + size);
        }
        try (var progress = new TrainingProgress(console, "model")) {
            ModelRun.train(
                    data.open(size),
                    vision,
                    start,
                    ModelRun.Options.BUNDLED.with(size, batch, backgrounds, moved, precision),
                    settings,
                    run,
                    progress,
                    schedule.pieces(parallel));
        }
        console.out().println(run.resolve(ModelRun.RESULT));
        return 0;
    }

    private Path imageTokenizer(@Nullable Path start) {
        if (imageTokenizer != null) {
            return HubCache.resolve(imageTokenizer);
        }
        return start == null ? Path.of("runs", "tokenizer", TokenizerRun.RESULT) : start.resolve(TokenizerRun.RESULT);
    }
}
