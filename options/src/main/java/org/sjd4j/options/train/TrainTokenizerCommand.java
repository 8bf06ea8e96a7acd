package org.sjd4j.options.train;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.options.Console;
import org.sjd4j.options.UserException;
import org.sjd4j.training.tokenizer.TokenizerRun;
import org.sjd4j.vision.PatchTokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sjd train tokenizer}: images to an image tokenizer. */
@Command(
        name = "tokenizer",
        description = "Trains an image tokenizer (16x16 codes for a 128x128 image).",
        mixinStandardHelpOptions = true,
        sortOptions = false)
public final class TrainTokenizerCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private DataOptions data = new DataOptions();

    @Option(names = "--run", paramLabel = "DIR", description = "directory of the run (default: runs/tokenizer)")
    private Path run = Path.of("runs", "tokenizer");

    @Option(names = "--steps", paramLabel = "N", description = "updates in all (default: ${DEFAULT-VALUE})")
    private long steps = 1500;

    @Option(
            names = "--from",
            paramLabel = "DIR",
            description =
                    "a trained image tokenizer whose decoder alone learns on: its codes, and so the models that were"
                            + " trained on them, stay as they are")
    private @Nullable Path from;

    @Option(names = "--batch", paramLabel = "N", description = "images of an update (default: ${DEFAULT-VALUE})")
    private int batch = TokenizerRun.Options.BUNDLED.batch();

    @Mixin
    private Intervals intervals = new Intervals();

    @Mixin
    private TrainingDevice device = new TrainingDevice();

    @Option(names = "--verbose", description = "print a stack trace on failure")
    private boolean verbose;

    public TrainTokenizerCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (batch < 1) {
            throw new UserException("--batch is " + batch + ", expected at least 1");
        }
        var options = TokenizerRun.Options.BUNDLED;
        var network = from == null
                ? options.config()
                : PatchTokenizer.Config.from(JsonConfig.read(from.resolve("config.json")));
        try (var progress = new TrainingProgress(console, "tokenizer")) {
            TokenizerRun.train(
                    data.open(network.imageSize()),
                    from,
                    options.with(network, batch),
                    device.settings(intervals.over(TokenizerRun.settings(steps))),
                    run,
                    progress);
        }
        console.out().println(run.resolve(TokenizerRun.RESULT));
        return 0;
    }
}
