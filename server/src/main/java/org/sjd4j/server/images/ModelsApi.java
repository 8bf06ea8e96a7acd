package org.sjd4j.server.images;

import java.util.List;
import java.util.Map;
import org.sjd4j.server.generate.Models;
import org.sjd4j.server.generate.ServedModel;
import org.sjd4j.server.http.Exchange;
import org.sjd4j.server.http.Route;

/** The models, as OpenAI lists them. */
public final class ModelsApi {
    private final Models models;

    /** @param models to list */
    public ModelsApi(Models models) {
        this.models = models;
    }

    /** What answers what. */
    public List<Route> routes() {
        return List.of(new Route("GET", "/v1/models", this::list), new Route("GET", "/v1/models/{id}", this::model));
    }

    private record Listed(String id, String object, long created, String ownedBy) {
        static Listed of(ServedModel model) {
            return new Listed(model.id(), "model", model.created(), "sjd4j");
        }
    }

    private void list(Exchange exchange) {
        var listed = models.all().stream().map(Listed::of).toList();
        exchange.reply(200, Map.of("object", "list", "data", listed));
    }

    private void model(Exchange exchange) {
        exchange.reply(200, Listed.of(models.named(exchange.variable("id"))));
    }
}
