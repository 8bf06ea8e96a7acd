package org.sjd4j.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.sjd4j.training.DenoisingRun;
import org.sjd4j.training.ModelRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sjd train denoising}: teaches a model to read noisy embeddings. */
@Command(
        name = "denoising",
        description = "Trains the denoising adapter of a model and puts it beside the model.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class TrainDenoisingCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--model", paramLabel = "DIR", description = "a trained model (default: runs/model/model)")
    private Path model = Path.of("runs", "model", ModelRun.RESULT);

    @Option(
            names = "--tokens",
            paramLabel = "DIR",
            description = "the tokenized pictures that the model was trained on (default: runs/model/tokens)")
    private Path tokens = Path.of("runs", "model", "tokens");

    @Option(names = "--rank", paramLabel = "R", description = "rank of the adapter (default: ${DEFAULT-VALUE})")
    private int rank = 16;

    @Option(names = "--run", paramLabel = "DIR", description = "directory of the run (default: runs/denoising)")
    private Path run = Path.of("runs", "denoising");

    @Option(names = "--steps", paramLabel = "N", description = "updates in all (default: ${DEFAULT-VALUE})")
    private long steps = 600;

    TrainDenoisingCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (rank < 1) {
            throw new UserException("--rank is " + rank + ", expected at least 1");
        }
        try (var progress = new TrainingProgress(console, "denoising")) {
            DenoisingRun.train(model, tokens, rank, DenoisingRun.settings(steps), run, progress);
        }
        console.out().println(model);
        return 0;
    }
}
