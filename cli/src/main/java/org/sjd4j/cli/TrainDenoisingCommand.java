package org.sjd4j.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.sjd4j.bundled.ModelCatalogue;
import org.sjd4j.tensor.Precision;
import org.sjd4j.training.DenoisingRun;
import org.sjd4j.training.ModelRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sjd train denoising}: teaches a model to read noisy embeddings. */
@Command(
        name = "denoising",
        description = "Teaches a trained model to read noise, for the sjd2 decoders, and writes the model that can.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class TrainDenoisingCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--model", paramLabel = "NAME|DIR", description = "a trained model (default: runs/model/model)")
    private String model = Path.of("runs", "model", ModelRun.RESULT).toString();

    @Option(
            names = "--tokens",
            paramLabel = "DIR",
            description = "the tokenized pictures that the model was trained on (default: runs/model/tokens)")
    private Path tokens = Path.of("runs", "model", "tokens");

    @Option(
            names = "--mode",
            paramLabel = "adapter|full",
            description = "adapter: new weights for noisy rows alone, the model draws what it drew;"
                    + " full: all weights, as in the paper (default: ${DEFAULT-VALUE})")
    private DenoisingRun.Mode mode = DenoisingRun.Mode.ADAPTER;

    @Option(
            names = "--dtype",
            paramLabel = "float32|bfloat16",
            converter = Converters.TrainingPrecisionName.class,
            description = "number format of the matrix products: bfloat16 is faster where the processor multiplies it"
                    + " natively (default: ${DEFAULT-VALUE})")
    private Precision precision = Precision.FLOAT32;

    @Option(names = "--rank", paramLabel = "R", description = "rank of the adapter (default: ${DEFAULT-VALUE})")
    private int rank = 16;

    @Option(names = "--run", paramLabel = "DIR", description = "directory of the run (default: runs/denoising)")
    private Path run = Path.of("runs", "denoising");

    @Option(names = "--steps", paramLabel = "N", description = "updates in all (default: ${DEFAULT-VALUE})")
    private long steps = 600;

    @Option(names = "--verbose", description = "print a stack trace on failure")
    private boolean verbose;

    TrainDenoisingCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (rank < 1) {
            throw new UserException("--rank is " + rank + ", expected at least 1");
        }
        try (var progress = new TrainingProgress(console, "denoising")) {
            DenoisingRun.train(
                    ModelCatalogue.ofUser().find(model).directory(),
                    tokens,
                    new DenoisingRun.Options(mode, rank, precision),
                    DenoisingRun.settings(mode, steps),
                    run,
                    progress);
        }
        console.out().println(run.resolve(DenoisingRun.RESULT));
        return 0;
    }
}
