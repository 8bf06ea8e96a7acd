package org.sjd4j.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Recipe;
import org.sjd4j.options.Console;
import tools.jackson.databind.json.JsonMapper;

/**
 * An image that was generated and written, for people and for programs.
 *
 * @param recipe how it was generated
 * @param image what came out
 * @param loadSeconds what loading took; 0 for all but the first image, so that sums over images are right
 * @param files where it was written to
 */
record GenerationReport(Recipe recipe, GeneratedImage image, double loadSeconds, List<Path> files) {
    private static final JsonMapper JSON = new JsonMapper();

    /** One object, or an array if there are several. */
    static String json(List<GenerationReport> reports, boolean tokens) {
        var objects = reports.stream().map(report -> report.toJson(tokens)).toList();
        return JSON.writerWithDefaultPrettyPrinter()
                .writeValueAsString(objects.size() == 1 ? objects.getFirst() : objects);
    }

    private Map<String, Object> toJson(boolean tokens) {
        var request = recipe.request();
        var statistics = image.statistics();
        var json = new LinkedHashMap<String, Object>();
        json.put("prompt", request.prompt());
        json.put("model", recipe.model());
        json.put("decoder", request.decoder().name());
        json.put("lossless", request.decoder().lossless());
        json.put("seed", request.seed());
        json.put("window", request.settings().window());
        json.put("denoising_steps", request.settings().denoisingSteps());
        json.put("guidance_scale", request.sampling().guidanceScale());
        json.put("image_tokens", image.tokens().length);
        if (request.edit() != null) {
            json.put("masked_tokens", tokensMade());
        }
        json.put("steps", statistics.steps());
        json.put("step_compression", rounded(stepCompression(), 1_000));
        json.put("seconds", seconds());
        json.put("files", files.stream().map(Path::toString).toList());
        if (tokens) {
            json.put("token_ids", image.tokens());
        }
        return json;
    }

    /** Tokens that the model chose, and structural ones between them. */
    private int tokensMade() {
        var edit = recipe.request().edit();
        return edit == null ? image.tokens().length : edit.maskedTokens();
    }

    private double stepCompression() {
        return (double) tokensMade() / image.statistics().steps();
    }

    private Map<String, Object> seconds() {
        var timing = image.timing();
        var seconds = new LinkedHashMap<String, Object>();
        seconds.put("load", rounded(loadSeconds, 10_000));
        seconds.put("prefill", rounded(timing.prefill(), 10_000));
        seconds.put("model", rounded(timing.model(), 10_000));
        seconds.put("sampling", rounded(timing.sampling(), 10_000));
        seconds.put("image_decode", rounded(timing.imageDecode(), 10_000));
        seconds.put("total", rounded(loadSeconds + timing.total(), 10_000));
        return seconds;
    }

    private static double rounded(double value, int parts) {
        return Math.rint(value * parts) / parts;
    }

    /** A line about the image, and one about its time if that is wanted. */
    void print(Console console, boolean verbose) {
        var request = recipe.request();
        var statistics = image.statistics();
        var timing = image.timing();
        console.out()
                .printf(
                        Locale.ROOT,
                        "%s: seed %d, %s, %d tokens in %d steps (%.1f a step), %.1f s%n",
                        String.join(", ", files.stream().map(Path::toString).toList()),
                        request.seed(),
                        request.decoder().name() + (request.decoder().lossless() ? "" : " (lossy)"),
                        tokensMade(),
                        statistics.steps(),
                        stepCompression(),
                        timing.total());
        if (verbose) {
            console.out()
                    .printf(
                            Locale.ROOT,
                            "  load %.2f s, prefill %.2f s, model %.2f s, sampling %.2f s, image decode %.2f s%n",
                            loadSeconds,
                            timing.prefill(),
                            timing.model(),
                            timing.sampling(),
                            timing.imageDecode());
        }
        console.out().flush();
    }
}
