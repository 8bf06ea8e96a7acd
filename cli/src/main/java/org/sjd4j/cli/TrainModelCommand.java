package org.sjd4j.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.sjd4j.training.ModelRun;
import org.sjd4j.training.TokenizerRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sjd train model}: captioned pictures to an autoregressive model. */
@Command(
        name = "model",
        description = "Trains an autoregressive model over the codes of a trained image tokenizer.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class TrainModelCommand implements Callable<Integer> {
    private static final int PICTURE = TokenizerRun.Options.BUNDLED.config().imageSize();

    private final Console console;

    @Mixin
    private DataOptions data = new DataOptions();

    @Option(
            names = "--image-tokenizer",
            paramLabel = "DIR",
            description = "a trained image tokenizer (default: runs/tokenizer/image_tokenizer)")
    private Path imageTokenizer = Path.of("runs", "tokenizer", TokenizerRun.RESULT);

    @Option(names = "--run", paramLabel = "DIR", description = "directory of the run (default: runs/model)")
    private Path run = Path.of("runs", "model");

    @Option(names = "--steps", paramLabel = "N", description = "updates in all (default: ${DEFAULT-VALUE})")
    private long steps = 20_000;

    @Option(
            names = "--cooldown",
            paramLabel = "N",
            description = "updates at the end over which the learning rate falls to 0 (default: ${DEFAULT-VALUE})")
    private long cooldown = 2_000;

    TrainModelCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        try (var progress = new TrainingProgress(console, "model")) {
            ModelRun.train(
                    data.open(PICTURE),
                    imageTokenizer,
                    ModelRun.Options.BUNDLED,
                    ModelRun.settings(steps, cooldown),
                    run,
                    progress);
        }
        console.out().println(run.resolve(ModelRun.RESULT));
        return 0;
    }
}
