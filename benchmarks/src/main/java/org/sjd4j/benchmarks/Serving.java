package org.sjd4j.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.sjd4j.api.BatchLimits;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.TextToImage;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.server.ServerOptions;
import org.sjd4j.server.SjdServer;
import org.sjd4j.server.generate.Metrics;
import org.sjd4j.server.generate.ServedModel;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Clients against a server in this process, over HTTP. */
@Command(
        name = "benchmarks/serving",
        mixinStandardHelpOptions = true,
        description = "Measures a server with the bundled model: throughput, waits, and memory over many requests.")
final class Serving implements Callable<Integer> {
    private static final String PROMPT = "red apple, noto style";
    private static final int SAMPLES = 10;
    private static final double MEBI = 1 << 20;

    @Option(names = "--workers", defaultValue = "1", description = "As of sjd serve. Default: ${DEFAULT-VALUE}")
    private int workers = 1;

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "8",
            description = "At once. Default: ${DEFAULT-VALUE}")
    private int clients;

    @Option(
            names = "--images",
            paramLabel = "N",
            defaultValue = "64",
            description = "Of each measurement. Default: ${DEFAULT-VALUE}")
    private int images;

    @Option(names = "--decoder", defaultValue = "sjd-exact", description = "Of all requests. Default: ${DEFAULT-VALUE}")
    private String decoder = "";

    @Option(
            names = "--windows",
            paramLabel = "W,V",
            split = ",",
            defaultValue = "4,8,16",
            description = "Rows that a request asks for. Default: ${DEFAULT-VALUE}")
    private List<Integer> windows = List.of();

    @Option(
            names = "--batch-rows",
            paramLabel = "N",
            split = ",",
            defaultValue = "32,64,128,256",
            description = "Rows of a pass, a server each. Default: ${DEFAULT-VALUE}")
    private List<Integer> batchRows = List.of();

    @Option(
            names = "--soak",
            paramLabel = "N",
            defaultValue = "0",
            description = "Requests over which memory is watched; 0 for none. Default: ${DEFAULT-VALUE}")
    private int soak;

    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger seeds = new AtomicInteger();

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Serving()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        System.out.println("| batch rows | window | clients | images/s | against one client | median, s | 95 %, s |");
        System.out.println("|--:|--:|--:|--:|--:|--:|--:|");
        for (int rows : batchRows) {
            serve(rows, port -> throughput(port, rows));
        }
        if (soak > 0) {
            System.out.println(
                    "\n| requests so far | resident, MiB | heap, MiB | threads | native objects | native bytes |");
            System.out.println("|--:|--:|--:|--:|--:|--:|");
            serve(batchRows.getLast(), this::soak);
        }
        return 0;
    }

    private interface Measurement {
        void run(int port) throws Exception;
    }

    private void serve(int rows, Measurement measurement) throws Exception {
        var metrics = new Metrics();
        var model = TextToImage.open(BundledModel.directory(), "cpu");
        var served = new ServedModel(
                BundledModel.NAME,
                Recipe.Parts.NONE,
                model,
                model.defaults(),
                List.of(PROMPT),
                2 * clients,
                new BatchLimits(clients, rows, Math.min(clients, workers)),
                failure -> failure.printStackTrace(System.err));
        Path directory = Files.createTempDirectory(Path.of("benchmarks", "target"), "serving");
        try (var server = SjdServer.start(ServerOptions.local(0, directory), List.of(served), metrics)) {
            while (!server.ready()) {
                Thread.sleep(20);
            }
            measurement.run(server.port());
        }
    }

    private void throughput(int port, int rows) throws Exception {
        for (int window : windows) {
            generate(port, window, clients, clients); // warms up
            double alone = generate(port, window, 1, Math.max(8, images / 4)).perSecond();
            print(rows, window, 1, generate(port, window, 1, Math.max(8, images / 4)), alone);
            print(rows, window, clients, generate(port, window, clients, images), alone);
        }
    }

    private static void print(int rows, int window, int clients, Generated generated, double alone) {
        System.out.printf(
                Locale.ROOT,
                "| %d | %d | %d | %.2f | %.2fx | %.2f | %.2f |%n",
                rows,
                window,
                clients,
                generated.perSecond(),
                generated.perSecond() / alone,
                generated.quantile(0.5),
                generated.quantile(0.95));
    }

    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    private record Generated(double seconds, double[] latencies) {
        double perSecond() {
            return latencies.length / seconds;
        }

        double quantile(double share) {
            double[] sorted = latencies.clone();
            Arrays.sort(sorted);
            return sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
        }
    }

    /** Generates so many images, by clients that each ask for the next one when they have the last. */
    private Generated generate(int port, int window, int atOnce, int count) throws Exception {
        long begin = System.nanoTime();
        var latencies = new double[count];
        var next = new AtomicInteger();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var work = new ArrayList<Future<?>>();
            for (int i = 0; i < atOnce; i++) {
                work.add(threads.submit(() -> {
                    for (int image = next.getAndIncrement(); image < count; image = next.getAndIncrement()) {
                        latencies[image] = request(port, window);
                    }
                    return true;
                }));
            }
            for (var each : work) {
                each.get();
            }
        }
        return new Generated((System.nanoTime() - begin) / 1e9, latencies);
    }

    private double request(int port, int window) throws IOException, InterruptedException {
        String body = "{\"prompt\":\"%s\",\"seed\":%s,\"decoder\":\"%s\",\"window\":%s}"
                .formatted(PROMPT, seeds.getAndIncrement(), decoder, window);
        long begin = System.nanoTime();
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/v1/images/generations"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        var response = client.send(request, BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(response.body());
        }
        return (System.nanoTime() - begin) / 1e9;
    }

    private void soak(int port) throws Exception {
        int window = windows.getLast();
        generate(port, window, clients, 5 * clients);
        for (int sample = 0; sample <= SAMPLES; sample++) {
            if (sample > 0) {
                generate(port, window, clients, soak / SAMPLES);
            }
            System.gc(); // what is left then is held
            System.out.printf(
                    Locale.ROOT,
                    "| %d | %.1f | %.1f | %.0f | %.0f | %.0f |%n",
                    sample * (soak / SAMPLES),
                    metric(port, "sjd_resident_bytes") / MEBI,
                    (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) / MEBI,
                    metric(port, "jvm_threads_live_threads"),
                    metric(port, "sjd_native_objects"),
                    metric(port, "sjd_native_bytes"));
        }
    }

    private double metric(int port, String name) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/metrics"));
        return client.send(request.build(), BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
