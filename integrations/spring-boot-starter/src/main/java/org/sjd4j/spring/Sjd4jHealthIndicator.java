package org.sjd4j.spring;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** Says which model there is, whether it is loaded, and how many images it has made. It is down if it could not be loaded. */
final class Sjd4jHealthIndicator extends AbstractHealthIndicator {
    private final Sjd4jEngine engine;

    Sjd4jHealthIndicator(Sjd4jEngine engine) {
        super("the state of the image model is unknown");
        this.engine = engine;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        var failure = engine.failure();
        if (failure == null) {
            builder.up();
        } else {
            builder.down(failure);
        }
        builder.withDetail("model", engine.name())
                .withDetail("device", engine.options().device().toString())
                .withDetail("dtype", engine.options().precision().toString())
                .withDetail("loaded", engine.isLoaded())
                .withDetail("images", engine.images())
                .withDetail("waiting", engine.waiting());
    }
}
