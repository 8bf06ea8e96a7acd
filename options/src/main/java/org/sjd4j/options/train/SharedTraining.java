package org.sjd4j.options.train;

import java.util.List;
import java.util.concurrent.Callable;
import org.sjd4j.options.Console;
import org.sjd4j.options.UserException;
import org.sjd4j.training.loop.DataParallel;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The commands that train, {@code sjd train model} and {@code sjd train denoising}, for processes that train one model together. */
public final class SharedTraining {
    private SharedTraining() {}

    /**
     * Checks the options of a command as far as that is possible without files.
     *
     * @param arguments {@code model} or {@code denoising} and its options
     * @throws UserException if they make no sense
     */
    public static void check(List<String> arguments, Console console) {
        parsed(arguments, console, DataParallel.NONE);
    }

    /**
     * Trains as one of several workers, all of which are given the same arguments.
     *
     * @param arguments {@code model} or {@code denoising} and its options
     * @param console where a worker says how far it is
     * @param parallel this worker and the others
     * @throws Exception what the command fails with
     */
    public static void train(List<String> arguments, Console console, DataParallel parallel) throws Exception {
        var command = parsed(arguments, console, parallel).subcommand().commandSpec();
        ((Callable<?>) command.userObject()).call();
    }

    private static ParseResult parsed(List<String> arguments, Console console, DataParallel parallel) {
        var line = new CommandLine(new TrainCommand());
        line.addSubcommand(new TrainModelCommand(console, parallel));
        line.addSubcommand(new TrainDenoisingCommand(console, parallel));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        try {
            var result = line.parseArgs(arguments.toArray(String[]::new));
            if (!result.hasSubcommand()) {
                throw new UserException("say what to train: model or denoising, and its options");
            }
            return result;
        } catch (ParameterException e) {
            throw new UserException(String.valueOf(e.getMessage()), e);
        }
    }
}
