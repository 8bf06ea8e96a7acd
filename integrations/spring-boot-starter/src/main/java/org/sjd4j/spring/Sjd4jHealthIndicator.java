package org.sjd4j.spring;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Says which model there is, whether it is loaded, and how many images it has made. It is down if it could not be loaded. */
final class Sjd4jHealthIndicator implements HealthIndicator {
    private final Sjd4jEngine engine;

    Sjd4jHealthIndicator(Sjd4jEngine engine) {
        this.engine = engine;
    }

    @Override
    public Health health() {
        var failure = engine.failure();
        var health =
                failure == null ? Health.up() : Health.down().withDetail("error", String.valueOf(failure.getMessage()));
        return health.withDetail("model", engine.name())
                .withDetail("device", engine.options().device().toString())
                .withDetail("dtype", engine.options().precision().toString())
                .withDetail("loaded", engine.isLoaded())
                .withDetail("images", engine.images())
                .withDetail("waiting", engine.waiting())
                .build();
    }
}
