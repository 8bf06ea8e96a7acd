package org.sjd4j.api;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.decode.sampling.Setting;
import org.sjd4j.family.ImageSize;
import org.sjd4j.io.FormerSettings;
import org.sjd4j.tensor.Precision;

/**
 * What it takes to make an image again: the model and the request. As text it is what an image file carries. Of an edit the text has no pixels:
 * it takes the edited image and the mask besides.
 *
 * @param model the name, or the directory, that the model was chosen by
 * @param parts what was taken from elsewhere than the model's own directory
 * @param precision of the model's matrix products
 * @param request what was generated, and how; of an edit that was read as text, without the edit
 * @param edit what was edited, in words; nothing for a new image
 */
public record Recipe(
        String model,
        Parts parts,
        Precision precision,
        Request request,
        @Nullable String edit) {

    /**
     * Directories of parts that were chosen by the user.
     *
     * @param imageTokenizer turns codes into pixels
     * @param adapter lets the model read noise
     */
    public record Parts(
            @Nullable String imageTokenizer, @Nullable String adapter) {
        /** All is in the model's own directory, or found beside it. */
        public static final Parts NONE = new Parts(null, null);
    }

    /** How a request is generated. */
    public Recipe(String model, Parts parts, Precision precision, Request request) {
        this(model, parts, precision, request, words(request.edit()));
    }

    private static @Nullable String words(@Nullable Edit edit) {
        return edit == null ? null : edit.maskedTokens() + " tokens of another image made anew";
    }

    /** An image of a model whose parts were all found. */
    public Recipe(String model, Precision precision, Request request) {
        this(model, Parts.NONE, precision, request);
    }

    /** The values by name, in the order in which to show them. */
    public SequencedMap<String, String> toText() {
        var text = new LinkedHashMap<String, String>();
        text.put("prompt", request.prompt());
        text.put("negative_prompt", request.negativePrompt());
        text.put("model", model);
        if (parts.imageTokenizer() != null) {
            text.put("image_tokenizer", parts.imageTokenizer());
        }
        if (parts.adapter() != null) {
            text.put("adapter", parts.adapter());
        }
        text.put("dtype", precision.toString());
        if (request.size() != null) {
            text.put("size", request.size().toString());
        }
        if (edit != null) {
            text.put("edit", edit);
        }
        text.put("seed", Long.toString(request.seed()));
        text.put("decoder", request.decoder().name());
        DecoderSettings.SETTINGS.forEach(setting -> text.put(setting.name(), setting.text(request.settings())));
        Sampling.SETTINGS.forEach(setting -> text.put(setting.name(), setting.text(request.sampling())));
        return text;
    }

    /**
     * The recipe of which {@link #toText} made this text.
     *
     * @throws IllegalArgumentException if a value is missing or makes no sense; the message names it
     */
    public static Recipe fromText(Map<String, String> text) {
        var values = new Values(text);
        FormerSettings.neutral().forEach((name, value) -> FormerSettings.require(name, text.getOrDefault(name, value)));
        var settings = values.settings(DecoderSettings.SETTINGS, DecoderSettings.DEFAULT);
        var sampling = values.settings(Sampling.SETTINGS, Sampling.PLAIN);
        var request = new Request(
                values.text("prompt"),
                values.text("negative_prompt"),
                values.seed("seed"),
                Decoders.named(values.text("decoder")),
                settings,
                sampling,
                text.containsKey("size") ? ImageSize.parse(values.text("size")) : null);
        return new Recipe(
                values.text("model"),
                new Parts(text.get("image_tokenizer"), text.get("adapter")),
                Precision.named(text.getOrDefault("dtype", Precision.FLOAT32.toString())),
                request,
                text.get("edit"));
    }

    /** Text that is parsed as it is asked for. */
    private record Values(Map<String, String> text) {
        String text(String name) {
            String value = text.get(name);
            if (value == null) {
                throw new IllegalArgumentException("'%s' is missing".formatted(name));
            }
            return value;
        }

        <S> S settings(List<Setting<S>> all, S settings) {
            S read = settings;
            for (Setting<S> setting : all) {
                String value = text.get(setting.name());
                read = value == null ? read : setting.with(read, value); // files are older than some settings
            }
            return read;
        }

        long seed(String name) {
            return Long.parseLong(text(name));
        }
    }
}
