package org.sjd4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.BatchLimits;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.cli.output.TunedFile;
import org.sjd4j.cli.output.Version;
import org.sjd4j.decode.Decoders;
import org.sjd4j.family.Defaults;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.io.TextFile;
import org.sjd4j.io.UserFolders;
import org.sjd4j.options.Console;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.options.Progress;
import org.sjd4j.options.UserException;
import org.sjd4j.server.ServerOptions;
import org.sjd4j.server.SjdServer;
import org.sjd4j.server.generate.Metrics;
import org.sjd4j.server.generate.ServedModel;
import org.sjd4j.server.http.Access;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import sun.misc.Signal;

/** {@code sjd serve}. */
@Command(
        name = "serve",
        description =
                "Serves a model over HTTP: OpenAI's images API, jobs, metrics, and a studio page for the browser.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class ServeCommand implements Callable<Integer> {
    private static final int MOST_PORT = 65535;
    private static final int SIGNALLED = 128;
    private static final Throwable TOLD = new CancellationException("told to stop");
    private static final List<String> EXAMPLES = List.of(
            "red apple, noto style",
            "octopus, twemoji style, on a yellow background",
            "cat face, fluent style",
            "rocket, noto style, on a blue background",
            "birthday cake, emojione style",
            "penguin, noto style, small");

    private final Console console;

    @Mixin
    private final ModelOptions modelOptions = new ModelOptions();

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "Address to listen at; others than this machine's own take a key. Default: ${DEFAULT-VALUE}")
    private String host = "127.0.0.1";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "Port to listen at, 0 for any. Default: ${DEFAULT-VALUE}")
    private int port = 8080;

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "A file with the key that every request must carry; in a browser it is the password.")
    private @Nullable Path apiKeyFile;

    @Option(
            names = "--queue",
            paramLabel = "N",
            defaultValue = "16",
            description = "Images that may wait; more are refused with 429. Default: ${DEFAULT-VALUE}")
    private int queue = 16;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Images that share a forward pass; each has a cache of its own. Default: 8, as far as"
                    + " memory has room for their caches.")
    private @Nullable Integer batch;

    @Option(
            names = "--batch-rows",
            paramLabel = "N",
            description = "Rows of a forward pass over all its images and both branches of guidance; windows shrink to"
                    + " fit. Without effect where --pass-rows fixes the rows, as on a GPU. Default: 64")
    private @Nullable Integer batchRows;

    @Option(
            names = "--workers",
            paramLabel = "N",
            description =
                    "Threads that share out the images on a CPU: each makes forward passes of its own for its images, on its"
                            + " share of the CPUs. Default: one for each CPU for models of up to 100 million weights, and 1"
                            + " for larger ones.")
    private @Nullable Integer workers;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description = "Where jobs and images are kept. Default: sjd4j in the user's data directory.")
    private @Nullable Path directory;

    @Option(
            names = "--database",
            paramLabel = "JDBC",
            description = "Address of a database for the jobs, such as jdbc:postgresql://host/name?user=u&password=p."
                    + " Default: a file in --directory.")
    private @Nullable String database;

    @Option(
            names = "--keep-days",
            paramLabel = "N",
            defaultValue = "30",
            description = "Days that jobs and their images stay. Default: ${DEFAULT-VALUE}")
    private int keepDays = 30;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "600",
            description = "How long a request may take, its time in the queue included. Default: ${DEFAULT-VALUE}")
    private int timeout = 600;

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How long images may still be generated after the signal to stop. Default: ${DEFAULT-VALUE}")
    private int grace = 30;

    @Option(
            names = "--no-aliases",
            description = "Refuse OpenAI's model names, such as gpt-image-1, instead of serving the model under them.")
    private boolean noAliases;

    @Option(names = "--verbose", description = "print a stack trace on failure")
    private boolean verbose;

    ServeCommand(Console console) {
        this.console = console;
    }

    private Path directory() {
        if (directory != null) {
            return directory;
        }
        var folders = UserFolders.current();
        Path data = folders.data();
        if (folders.dataIsTemporary()) {
            console.warning("the home cannot be written, so jobs and images are kept with temporary files in " + data
                    + "; choose a lasting place with --directory");
        }
        return data;
    }

    @Override
    public Integer call() throws Exception {
        requireCounts();
        String key = apiKey();
        if (key == null && !Access.isLoopback(host)) {
            throw new UserException(
                    "--host " + host + " serves others than this machine; give them a key with --api-key-file");
        }
        var options = new ServerOptions(
                host,
                port,
                key,
                directory(),
                database,
                Duration.ofDays(keepDays),
                Duration.ofSeconds(timeout),
                Duration.ofSeconds(grace),
                !noAliases);
        var entry = modelOptions.entry();
        var description = modelOptions.description();
        int images =
                batch == null ? BatchLimits.imagesTogether(description, modelOptions.loadOptions(description)) : batch;
        int rows = batchRows == null ? BatchLimits.USUAL_ROWS : batchRows;
        if (workers != null && workers > images) {
            throw new UserException(
                    "--workers is " + workers + ", expected 1 to " + images + ", the images at a time; see --batch");
        }
        var metrics = new Metrics();
        var failure = new CompletableFuture<Throwable>();
        Progress.say(console, "loading model " + entry.name());
        var served = new ServedModel(
                entry.name(),
                modelOptions.parts(),
                modelOptions.load(description),
                defaults(description),
                entry.name().equals(BundledModel.NAME) ? EXAMPLES : List.of(),
                queue,
                new BatchLimits(images, rows, workers == null ? BatchLimits.workers(description, images) : workers),
                failure::complete);
        SjdServer server;
        try {
            server = SjdServer.start(options, List.of(served), metrics);
        } catch (RuntimeException e) {
            served.close();
            throw e;
        } finally {
            Progress.clear(console);
        }
        return serve(server, served, failure);
    }

    /** Serves until a signal comes, and then ends cleanly; a second signal ends at once. Or until the model's thread dies. */
    private int serve(SjdServer server, ServedModel served, CompletableFuture<Throwable> failure) throws Exception {
        var told = new AtomicBoolean();
        for (String name : List.of("TERM", "INT")) {
            Signal.handle(new Signal(name), signal -> {
                if (told.getAndSet(true)) {
                    Runtime.getRuntime().halt(SIGNALLED + signal.getNumber());
                }
                failure.complete(TOLD);
            });
        }
        say("serving at http://%s:%s/ (the studio page), /v1 (OpenAI's images API), /metrics"
                .formatted(host.contains(":") ? "[" + host + "]" : host, server.port()));
        served.whenReady(() -> say("ready: the model has generated its first image"));
        Throwable reason = failure.get();
        server.close();
        if (reason == TOLD) {
            say("stopped");
            return 0;
        }
        throw reason instanceof Exception e ? e : new ExecutionException(reason);
    }

    private void say(String line) {
        console.out().println(line);
        console.out().flush();
    }

    private void requireCounts() {
        if (port < 0 || port > MOST_PORT) {
            throw new UserException("--port is " + port + ", expected 0 to " + MOST_PORT);
        }
        var wrong = new ArrayList<String>();
        require(wrong, "--queue", queue, 1);
        require(wrong, "--batch", batch == null ? 1 : batch, 1);
        require(wrong, "--batch-rows", batchRows == null ? 1 : batchRows, 1);
        require(wrong, "--workers", workers == null ? 1 : workers, 1);
        require(wrong, "--keep-days", keepDays, 0);
        require(wrong, "--timeout", timeout, 1);
        require(wrong, "--grace", grace, 0);
        if (!wrong.isEmpty()) {
            throw new UserException(String.join("; ", wrong));
        }
    }

    private static void require(List<String> wrong, String option, int found, int least) {
        if (found < least) {
            wrong.add(option + " is " + found + ", expected at least " + least);
        }
    }

    private @Nullable String apiKey() {
        if (apiKeyFile == null) {
            return null;
        }
        try {
            String key = TextFile.read(apiKeyFile).strip();
            if (key.isEmpty() || key.contains("\n")) {
                throw new UserException("--api-key-file " + apiKeyFile + " must hold one line: the key");
            }
            return key;
        } catch (IOException e) {
            throw new UserException("--api-key-file " + apiKeyFile + " cannot be read", e);
        }
    }

    /** What the model recommends, or what {@code sjd tune} found. */
    private Defaults defaults(ModelDescription description) {
        var defaults = modelOptions.defaults(description);
        return TunedFile.find(modelOptions, description, defaults.settings(), defaults.sampling())
                .map(tuned -> new Defaults(
                        Decoders.named(tuned.decoder()), tuned.applied(defaults.settings()), defaults.sampling()))
                .orElse(defaults);
    }
}
