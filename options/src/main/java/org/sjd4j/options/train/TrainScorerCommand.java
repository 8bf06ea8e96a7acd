package org.sjd4j.options.train;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.sjd4j.options.Console;
import org.sjd4j.training.scorer.ScorerRun;
import org.sjd4j.training.tokenizer.TokenizerRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sjd train scorer}: captioned images to a metric of images. */
@Command(
        name = "scorer",
        description = "Trains a small dual encoder, in the manner of CLIP, that tells whether an image shows its"
                + " caption: for evaluations without anything downloaded.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
public final class TrainScorerCommand implements Callable<Integer> {
    private static final int IMAGE = TokenizerRun.Options.BUNDLED.config().imageSize();

    private final Console console;

    @Mixin
    private DataOptions data = new DataOptions();

    @Option(names = "--run", paramLabel = "DIR", description = "directory of the run (default: runs/scorer)")
    private Path run = Path.of("runs", "scorer");

    @Option(names = "--steps", paramLabel = "N", description = "updates in all (default: ${DEFAULT-VALUE})")
    private long steps = 900;

    @Mixin
    private TrainingDevice device = new TrainingDevice();

    @Option(names = "--verbose", description = "print a stack trace on failure")
    private boolean verbose;

    public TrainScorerCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        try (var progress = new TrainingProgress(console, "scorer")) {
            ScorerRun.train(
                    data.open(IMAGE),
                    ScorerRun.Options.BUNDLED,
                    device.settings(ScorerRun.settings(steps)),
                    run,
                    progress);
        }
        console.out().println(run.resolve(ScorerRun.RESULT));
        return 0;
    }
}
