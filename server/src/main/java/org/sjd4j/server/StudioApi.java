package org.sjd4j.server;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.ImageSize;
import org.sjd4j.server.generate.Models;
import org.sjd4j.server.generate.RequestFields;
import org.sjd4j.server.generate.ServedModel;
import org.sjd4j.server.http.ApiException;
import org.sjd4j.server.http.Exchange;
import org.sjd4j.server.http.Route;

/** The studio page, and what it asks first. */
final class StudioApi {
    private static final Pattern FILE = Pattern.compile("[a-z][a-z-]{0,30}\\.(html|css|js|svg)");
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    private final Models models;

    StudioApi(Models models) {
        this.models = models;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/", exchange -> file(exchange, "index.html")),
                new Route("GET", "/studio/{file}", exchange -> file(exchange, exchange.variable("file"))),
                new Route("GET", "/api/info", this::info));
    }

    private static void file(Exchange exchange, String name) throws IOException {
        try (var in = FILE.matcher(name).matches() ? StudioApi.class.getResourceAsStream("studio/" + name) : null) {
            if (in == null) {
                throw ApiException.request(404, "not_found", "There is no such file.");
            }
            String type = Objects.requireNonNull(TYPES.get(name.substring(name.lastIndexOf('.') + 1)));
            exchange.header("Cache-Control", "no-cache");
            exchange.reply(200, type, in.readAllBytes());
        }
    }

    /** A decoder, as the page offers it. */
    private record Offered(String name, String description, boolean lossless, boolean denoises) {}

    private void info(Exchange exchange) {
        var decoders = Decoders.all().stream()
                .map(decoder ->
                        new Offered(decoder.name(), decoder.description(), decoder.lossless(), decoder.denoises()))
                .toList();
        String version = StudioApi.class.getPackage().getImplementationVersion();
        var info = new LinkedHashMap<String, Object>();
        info.put("version", version == null ? "built from sources" : version);
        info.put("models", models.all().stream().map(StudioApi::model).toList());
        info.put("decoders", decoders);
        info.put("limits", Map.of("images", RequestFields.MOST_IMAGES));
        info.put("examples", models.all().getFirst().examples());
        exchange.reply(200, info);
    }

    private static Map<String, Object> model(ServedModel model) {
        var defaults = model.defaults();
        var chosen = new LinkedHashMap<String, Object>();
        chosen.put("decoder", defaults.decoder().name());
        DecoderSettings.SETTINGS.forEach(setting -> chosen.put(setting.name(), setting.value(defaults.settings())));
        Sampling.SETTINGS.forEach(setting -> chosen.put(setting.name(), setting.value(defaults.sampling())));
        var seconds = model.autoregressionSeconds();
        var noisy = defaults.settings().withDenoisingSteps(1);
        var view = new LinkedHashMap<String, Object>();
        view.put("id", model.id());
        view.put(
                "sizes",
                model.model().description().sizes().stream()
                        .map(ImageSize::toString)
                        .toList());
        view.put("image_tokens", model.model().imageTokens());
        view.put("defaults", chosen);
        view.put("autoregression_seconds", seconds.isPresent() ? Double.valueOf(seconds.getAsDouble()) : null);
        view.put("prompt_characters", model.longestPrompt());
        view.put(
                "decoders",
                Decoders.all().stream()
                        .filter(decoder -> model.model().description().supports(decoder, noisy))
                        .map(Decoder::name)
                        .toList());
        view.put("negative_prompt", true);
        view.put("ready", model.ready());
        return view;
    }
}
