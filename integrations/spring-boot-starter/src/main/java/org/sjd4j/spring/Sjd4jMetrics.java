package org.sjd4j.spring;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.stream.IntStream;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.ImageGenerator;

/** The metrics of images, under the names that the server's {@code /metrics} has. */
final class Sjd4jMetrics implements ImageGenerator.Monitor {
    private static final double[] ACCEPTED = {1, 2, 4, 8, 16, 32, 64};
    private static final Duration[] WAITS = IntStream.of(
                    10, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final Timer queueWait;
    private final DistributionSummary steps;
    private final DistributionSummary accepted;

    Sjd4jMetrics(MeterRegistry registry) {
        this.registry = registry;
        queueWait = Timer.builder("sjd.queue.wait")
                .description("from request to first step")
                .serviceLevelObjectives(WAITS)
                .register(registry);
        steps = DistributionSummary.builder("sjd.image.steps")
                .description("forward passes of an image")
                .register(registry);
        accepted = DistributionSummary.builder("sjd.step.accepted")
                .description("accepted tokens of a forward pass")
                .serviceLevelObjectives(ACCEPTED)
                .register(registry);
    }

    @Override
    public void started(long waitedNanos) {
        queueWait.record(Duration.ofNanos(waitedNanos));
    }

    @Override
    public void finished(GeneratedImage image) {
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

    @Override
    public void failed(Throwable reason) {
        ended("failed");
    }

    @Override
    public void left(boolean cancelled) {
        ended(cancelled ? "cancelled" : "abandoned");
    }

    private void phase(String name, double seconds) {
        Timer.builder("sjd.image.seconds")
                .description("seconds of an image by phase; passes that images share count for each")
                .tag("phase", name)
                .register(registry)
                .record(Duration.ofNanos((long) (Math.max(0, seconds) * 1e9)));
    }

    private void ended(String outcome) {
        registry.counter("sjd.images", "outcome", outcome).increment();
    }
}
