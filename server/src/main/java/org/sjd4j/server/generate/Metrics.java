package org.sjd4j.server.generate;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.tensor.LibTorch;

/** What Prometheus is told. Safe for use by many threads. */
public final class Metrics {
    private static final double[] ACCEPTED = {1, 2, 4, 8, 16, 32, 64};
    private static final Duration[] WAITS = IntStream.of(
                    10, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Timer queueWait = Timer.builder("sjd.queue.wait")
            .description("from request to first step")
            .serviceLevelObjectives(WAITS)
            .register(registry);
    private final DistributionSummary steps = DistributionSummary.builder("sjd.image.steps")
            .description("forward passes of an image")
            .register(registry);
    private final DistributionSummary accepted = DistributionSummary.builder("sjd.step.accepted")
            .description("accepted tokens of a forward pass")
            .serviceLevelObjectives(ACCEPTED)
            .register(registry);

    private Metrics(boolean ofProcess) {
        if (ofProcess) {
            bindProcess();
        }
    }

    /** Metrics of this process and none of images yet. */
    public Metrics() {
        this(true);
    }

    /** Metrics that are not shown, for images that the server generates for itself. */
    static Metrics untold() {
        return new Metrics(false);
    }

    @SuppressWarnings("resource") // of this process, for as long as it lives
    private void bindProcess() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        gauge("sjd.native.bytes", "bytes of native objects held from Java", LibTorch::nativeBytes);
        gauge("sjd.native.objects", "native objects held from Java", LibTorch::nativeObjects);
        gauge("sjd.resident.bytes", "physical memory of the process", LibTorch::residentBytes);
    }

    /** Registers a number that is asked for when it is wanted. */
    public void gauge(String name, String description, Supplier<Number> value) {
        io.micrometer.core.instrument.Gauge.builder(name, value)
                .description(description)
                .register(registry);
    }

    void waited(long nanos) {
        queueWait.record(Duration.ofNanos(nanos));
    }

    void finished(GeneratedImage image) {
        ended("finished");
        steps.record(image.statistics().steps());
        for (int tokens : image.statistics().acceptedPerStep()) {
            accepted.record(tokens);
        }
        var timing = image.timing();
        phase("prefill", timing.prefill());
        phase("model", timing.model());
        phase("sampling", timing.sampling());
        phase("image_decode", timing.imageDecode());
    }

    private void phase(String name, double seconds) {
        Timer.builder("sjd.image.seconds")
                .description("seconds of an image by phase; passes that images share count for each")
                .tag("phase", name)
                .register(registry)
                .record(Duration.ofNanos((long) (Math.max(0, seconds) * 1e9)));
    }

    /** Counts an image that came to an end: finished, failed, cancelled, late or abandoned. */
    void ended(String outcome) {
        registry.counter("sjd.images", "outcome", outcome).increment();
    }

    /**
     * Counts a request.
     *
     * @param route its pattern, never its path: there are as many paths as clients like
     */
    public void request(String route, int status) {
        registry.counter("sjd.requests", "route", route, "status", Integer.toString(status))
                .increment();
    }

    /** All of it in Prometheus' text format. */
    public String scrape() {
        return registry.scrape();
    }
}
