package org.sjd4j.cli.models;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.Conversion;
import org.sjd4j.cli.output.Outputs;
import org.sjd4j.cli.output.Version;
import org.sjd4j.options.Console;
import org.sjd4j.options.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Turns a checkpoint that PyTorch saved into a safetensors file. */
@Command(
        name = "convert",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Writes the tensors of a .bin, .pt, .pth or .ckpt file, or of a sharded checkpoint, as one"
                + " safetensors file. Nothing that is written in a pickle is run.")
public final class ConvertCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(index = "0", paramLabel = "IN", description = "A file that PyTorch saved, or a checkpoint directory.")
    private Path from = Path.of("");

    @Parameters(index = "1", paramLabel = "OUT", description = "The .safetensors file to write.")
    private Path to = Path.of("");

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description = "Which dictionary of tensors in a pickle, such as model or ema. Default: the model's.")
    private @Nullable String key;

    @Option(names = "--force", description = "Write over a file that is there.")
    private boolean force;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    public ConvertCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (!to.toString().toLowerCase(Locale.ROOT).endsWith(".safetensors")) {
            throw new UserException("OUT " + to + " is no .safetensors file; name one");
        }
        if (Files.exists(to) && !force) {
            throw new UserException(to + " is there already; choose another name, or give --force");
        }
        var _ = Outputs.file("OUT", to.toString());
        int tensors = Conversion.toSafetensors(from, to, key);
        console.out().println(to + ": " + tensors + " tensors");
        console.out().flush();
        return 0;
    }
}
