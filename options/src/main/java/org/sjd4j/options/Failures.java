package org.sjd4j.options;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.PngFileException;
import org.sjd4j.bundled.ModelNotFoundException;
import org.sjd4j.decode.sampling.DecodingException;
import org.sjd4j.evaluation.run.EvaluationException;
import org.sjd4j.family.TooLittleMemoryException;
import org.sjd4j.io.Excerpt;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.NativeBuildException;
import org.sjd4j.training.loop.TrainingException;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** How a failure ends the program: one line that says what was wrong and what to do, and an exit code. */
final class Failures {
    /** A failure of the user's. */
    private static final int USER = ExitCode.USAGE;

    /** Any other failure. */
    private static final int OTHER = ExitCode.SOFTWARE;

    private static final String VERBOSE = "--verbose";
    private static final int LONGEST = 600;

    private final Console console;

    private final List<Class<? extends RuntimeException>> more;

    /** @param more failures that are the user's, besides those of the engine, of training and of evaluation */
    Failures(Console console, List<Class<? extends RuntimeException>> more) {
        this.console = console;
        this.more = List.copyOf(more);
    }

    private static final String GPU_MEMORY = "CUDA out of memory";
    private static final Pattern WANTED = Pattern.compile("Tried to allocate ([0-9.]+ [KMG]iB)");
    private static final Pattern FREE = Pattern.compile("of which ([0-9.]+ (?:bytes|[KMG]iB)) is free");

    private record Failure(int code, String message) {}

    /** Reports arguments that make no sense. */
    int ofArguments(ParameterException failure, String[] arguments) {
        String command = failure.getCommandLine().getCommandSpec().qualifiedName();
        console.error(Excerpt.ends(Console.oneLine(ofArguments(failure)), LONGEST) + "; see " + command + " --help");
        trace(failure, Arrays.asList(arguments).contains(VERBOSE));
        return USER;
    }

    private static String ofArguments(ParameterException failure) {
        String message = String.valueOf(failure.getMessage());
        if (!(failure instanceof UnmatchedArgumentException unmatched) || unmatched.isUnknownOption()) {
            return message;
        }
        String first = unmatched.getUnmatched().getFirst();
        var commands = failure.getCommandLine().getSubcommands().values().stream()
                .filter(command -> !command.getCommandSpec().usageMessage().hidden())
                .map(CommandLine::getCommandName)
                .toList();
        return commands.isEmpty()
                ? "'" + first + "' is one argument too many; a prompt of several words goes in quotes"
                : "there is no command '" + first + "'; choose one of " + String.join(", ", commands);
    }

    /** Reports a command that failed. */
    int of(Exception exception, ParseResult arguments) {
        Throwable cause = exception instanceof ExecutionException && exception.getCause() != null
                ? exception.getCause()
                : exception;
        Failure failure = failure(cause);
        console.error(failure.message());
        trace(cause, arguments.originalArgs().contains(VERBOSE));
        return failure.code();
    }

    private void trace(Throwable failure, boolean wanted) {
        if (wanted) {
            failure.printStackTrace(console.err());
            console.err().flush();
        }
    }

    private Failure failure(Throwable failure) {
        return switch (failure) {
            case UserException e -> new Failure(USER, text(e));
            case CheckpointException e -> new Failure(USER, text(e));
            case ModelNotFoundException e -> new Failure(USER, text(e));
            case PngFileException e -> new Failure(USER, text(e));
            case TooLittleMemoryException e -> new Failure(USER, text(e));
            case NativeBuildException e -> new Failure(USER, text(e));
            case DecodingException e -> new Failure(USER, text(e));
            case TrainingException e -> new Failure(USER, text(e));
            case EvaluationException e -> new Failure(USER, text(e));
            case UncheckedIOException e -> new Failure(USER, text(e) + ": " + reason(e.getCause()));
            case OutOfMemoryError _ ->
                new Failure(
                        USER,
                        "too little memory for Java; give it more, such as SJD4J_JAVA_OPTIONS=-Xmx4g, or use a smaller model");
            case LinkageError e ->
                new Failure(
                        OTHER,
                        "LibTorch cannot be used on this machine (" + text(root(e))
                                + "); sjd doctor says what is missing");
            case RejectedExecutionException _ -> new Failure(OTHER, "the model was closed while it was at work");
            case RuntimeException e
            when more.stream().anyMatch(type -> type.isInstance(e)) -> new Failure(USER, text(e));
            case RuntimeException e when isGpuMemory(e) -> new Failure(USER, gpuMemory(String.valueOf(e.getMessage())));
            case RuntimeException e
            when isNativeMemory(e) ->
                new Failure(USER, "too little memory; close other programs or use a smaller model");
            default ->
                new Failure(OTHER, "unexpected failure: " + text(failure) + "; run again with --verbose to see where");
        };
    }

    /** LibTorch reports memory that it does not get as a plain runtime exception. */
    private static boolean isNativeMemory(RuntimeException failure) {
        String message = failure.getMessage();
        return message != null && (message.contains("allocate memory") || message.contains("out of memory"));
    }

    private static boolean isGpuMemory(RuntimeException failure) {
        return String.valueOf(failure.getMessage()).contains(GPU_MEMORY);
    }

    /** What LibTorch says at length of an allocation on a GPU that failed. */
    static String gpuMemory(String message) {
        var wanted = WANTED.matcher(message);
        var free = FREE.matcher(message);
        return "too little memory on the GPU"
                + (wanted.find() ? ": " + wanted.group(1) + " more were needed" : "")
                + (free.find() ? ", " + free.group(1) + " were free" : "")
                + "; stop other processes that use it, or lower --batch, --pass-rows or the dtype";
    }

    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /** Why a file could not be read or written, in words for people. */
    static String reason(@Nullable Throwable cause) {
        return switch (cause) {
            case AccessDeniedException _ -> "permission denied";
            case NoSuchFileException _ -> "no such file or directory";
            case FileAlreadyExistsException _ -> "there is one already";
            case FileSystemException e when e.getReason() != null -> e.getReason();
            case IOException e when e.getClass() == IOException.class && e.getMessage() != null -> e.getMessage();
            case null -> "unknown reason";
            default -> cause.getClass().getSimpleName() + " " + cause.getMessage();
        };
    }

    private static String text(Throwable failure) {
        String message = failure.getMessage();
        return Excerpt.ends(Console.oneLine(message == null ? failure.getClass().getSimpleName() : message), LONGEST);
    }
}
