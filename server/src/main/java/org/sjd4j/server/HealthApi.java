package org.sjd4j.server;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.sjd4j.server.generate.Metrics;
import org.sjd4j.server.generate.Models;
import org.sjd4j.server.generate.ServedModel;
import org.sjd4j.server.http.ApiException;
import org.sjd4j.server.http.Exchange;
import org.sjd4j.server.http.Route;

/** Whether the server lives, whether it is ready, and its metrics. */
final class HealthApi {
    private final Models models;
    private final Metrics metrics;
    private final BooleanSupplier stopping;

    HealthApi(Models models, Metrics metrics, BooleanSupplier stopping) {
        this.models = models;
        this.metrics = metrics;
        this.stopping = stopping;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/livez", exchange -> exchange.reply(200, Map.of("status", "ok"))),
                new Route("GET", "/readyz", this::ready),
                new Route("GET", "/metrics", this::metrics));
    }

    private void ready(Exchange exchange) {
        if (stopping.getAsBoolean()) {
            throw ApiException.unavailable("shutting_down", "The server is shutting down.", 30);
        }
        if (!models.all().stream().allMatch(ServedModel::ready)) {
            throw ApiException.unavailable("model_loading", "The model is being loaded.", 2);
        }
        exchange.reply(200, Map.of("status", "ok"));
    }

    private void metrics(Exchange exchange) {
        exchange.reply(
                200,
                "text/plain; version=0.0.4; charset=utf-8",
                metrics.scrape().getBytes(StandardCharsets.UTF_8));
    }
}
