package org.sjd4j.options.train;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.sjd4j.options.Console;
import org.sjd4j.training.tokenizer.TokenizerRun;
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

    @Mixin
    private TrainingDevice device = new TrainingDevice();

    @Option(names = "--verbose", description = "print a stack trace on failure")
    private boolean verbose;

    public TrainTokenizerCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        var options = TokenizerRun.Options.BUNDLED;
        try (var progress = new TrainingProgress(console, "tokenizer")) {
            TokenizerRun.train(
                    data.open(options.config().imageSize()),
                    options,
                    device.settings(TokenizerRun.settings(steps)),
                    run,
                    progress);
        }
        console.out().println(run.resolve(TokenizerRun.RESULT));
        return 0;
    }
}
