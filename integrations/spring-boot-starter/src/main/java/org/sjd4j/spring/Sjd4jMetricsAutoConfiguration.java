package org.sjd4j.spring;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.sjd4j.api.ImageGenerator;
import org.sjd4j.tensor.LibTorch;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.context.annotation.Bean;

/** Metrics of images, where the application has a {@link MeterRegistry}. */
@AutoConfiguration(after = {Sjd4jAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class})
@ConditionalOnClass({MeterRegistry.class, CompositeMeterRegistryAutoConfiguration.class})
@ConditionalOnBean({Sjd4jEngine.class, MeterRegistry.class})
public final class Sjd4jMetricsAutoConfiguration {
    /** Counts images, steps and seconds. */
    @Bean
    ImageGenerator.Monitor sjd4jMetrics(MeterRegistry registry) {
        return new Sjd4jMetrics(registry);
    }

    /** Numbers that are asked for when they are wanted. */
    @Bean
    MeterBinder sjd4jGauges(Sjd4jEngine engine) {
        return registry -> {
            Gauge.builder("sjd.queue.depth", engine, Sjd4jEngine::waiting)
                    .description("images that wait")
                    .register(registry);
            Gauge.builder("sjd.native.bytes", engine, ofLoaded -> ofLoaded.isLoaded() ? LibTorch.nativeBytes() : 0)
                    .description("bytes of native objects held from Java")
                    .register(registry);
            Gauge.builder("sjd.native.objects", engine, ofLoaded -> ofLoaded.isLoaded() ? LibTorch.nativeObjects() : 0)
                    .description("native objects held from Java")
                    .register(registry);
            Gauge.builder("sjd.resident.bytes", engine, ofLoaded -> ofLoaded.isLoaded() ? LibTorch.residentBytes() : 0)
                    .description("physical memory of the process")
                    .register(registry);
        };
    }
}
