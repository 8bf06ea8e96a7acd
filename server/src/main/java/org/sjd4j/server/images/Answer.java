package org.sjd4j.server.images;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Request;
import org.sjd4j.server.generate.ServedModel;

/** What is answered about images: {@code ImagesResponse} and the two events of a stream, in OpenAI's words. */
final class Answer {
    private static final String PARTIAL = ".partial_image";
    private static final String COMPLETED = ".completed";

    private final ServedModel model;
    private final Form form;

    Answer(ServedModel model, Form form) {
        this.model = model;
        this.form = form;
    }

    /**
     * The answer to a request that was no stream.
     *
     * @param address of a file, if images are wanted so
     */
    Map<String, Object> response(
            List<Request> requests, List<GeneratedImage> images, @Nullable Function<byte[], String> address) {
        var data = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < images.size(); i++) {
            byte[] file = file(requests.get(i), images.get(i));
            data.add(address == null ? Map.of("b64_json", base64(file)) : Map.of("url", address.apply(file)));
        }
        var answer = new LinkedHashMap<String, Object>();
        answer.put("created", now());
        answer.put("data", data);
        answer.putAll(properties(requests.getFirst()));
        answer.put("usage", usage(requests.getFirst(), images));
        return answer;
    }

    /** The type of events that are previews. */
    static String partialType(Request request) {
        return kind(request) + PARTIAL;
    }

    /** The type of the event that is the end of a stream. */
    static String completedType(Request request) {
        return kind(request) + COMPLETED;
    }

    private static String kind(Request request) {
        return request.edit() == null ? "image_generation" : "image_edit";
    }

    /** A preview. */
    Map<String, Object> partial(Request request, BufferedImage preview, int index) {
        var event = event(partialType(request), request, form.encoding().encode(preview, null));
        event.put("partial_image_index", index);
        return event;
    }

    /** The end of a stream. */
    Map<String, Object> completed(Request request, GeneratedImage image) {
        var event = event(completedType(request), request, file(request, image));
        event.put("usage", usage(request, List.of(image)));
        return event;
    }

    private byte[] file(Request request, GeneratedImage image) {
        return form.encoding().encode(image.image(), model.recipe(request));
    }

    private Map<String, Object> event(String type, Request request, byte[] file) {
        var event = new LinkedHashMap<String, Object>();
        event.put("type", type);
        event.put("b64_json", base64(file));
        event.put("created_at", now());
        event.putAll(properties(request));
        return event;
    }

    private Map<String, Object> properties(Request request) {
        var properties = new LinkedHashMap<String, Object>();
        properties.put("background", "opaque");
        properties.put("output_format", form.encoding().name());
        properties.put(
                "size",
                Objects.requireNonNullElse(request.size(), model.model().size()).toString());
        properties.put("quality", form.quality());
        return properties;
    }

    /** Tokens of the prompt and of the images. */
    private Map<String, Object> usage(Request request, List<GeneratedImage> images) {
        int text = model.model().promptTokens(request.prompt());
        if (request.sampling().guided() && !request.negativePrompt().isBlank()) {
            text += model.model().promptTokens(request.negativePrompt());
        }
        int imageTokens =
                images.stream().mapToInt(image -> image.tokens().length).sum();
        int read = request.edit() == null ? 0 : images.getFirst().tokens().length;
        var usage = new LinkedHashMap<String, Object>();
        usage.put("input_tokens", text + read);
        usage.put("output_tokens", imageTokens);
        usage.put("total_tokens", text + read + imageTokens);
        usage.put("input_tokens_details", Map.of("text_tokens", text, "image_tokens", read));
        usage.put("output_tokens_details", Map.of("text_tokens", 0, "image_tokens", imageTokens));
        return usage;
    }

    private static String base64(byte[] file) {
        return Base64.getEncoder().encodeToString(file);
    }

    private static long now() {
        return System.currentTimeMillis() / 1000;
    }
}
