package org.sjd4j.api;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.decode.sampling.Setting;
import org.sjd4j.family.Defaults;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;

/**
 * Makes requests of what a caller says, and of defaults for what it leaves open. A value that is null changes nothing, so wishes of
 * several places can be laid over each other.
 */
public final class RequestBuilder {
    private final ModelDescription description;
    private Decoder decoder;
    private DecoderSettings settings;
    private Sampling sampling;
    private String negativePrompt = "";
    private @Nullable Long seed;
    private @Nullable ImageSize size;

    /** Requests for a model. */
    public RequestBuilder(ModelDescription description, Defaults defaults) {
        this.description = description;
        decoder = defaults.decoder();
        settings = defaults.settings();
        sampling = defaults.sampling();
    }

    /** What guidance leads away from. */
    public RequestBuilder negativePrompt(@Nullable String text) {
        negativePrompt = text == null ? negativePrompt : text;
        return this;
    }

    /** The seed of the first image; without one it is random, from 0 to 2^31 - 2. */
    public RequestBuilder seed(@Nullable Long number) {
        seed = number == null ? seed : number;
        return this;
    }

    /**
     * How tokens are found.
     *
     * @throws IllegalArgumentException if there is no decoder of this name; the message lists the names
     */
    public RequestBuilder decoder(@Nullable String name) {
        decoder = name == null ? decoder : Decoders.named(name);
        return this;
    }

    /**
     * A setting of the decoder or of sampling.
     *
     * @param name such as {@code window} or {@code guidance_scale}
     * @throws IllegalArgumentException if there is none of this name, or the value is out of its range
     */
    public RequestBuilder set(String name, @Nullable Object value) {
        if (value == null) {
            return this;
        }
        for (var setting : DecoderSettings.SETTINGS) {
            if (setting.name().equals(name)) {
                settings = setting.with(settings, value.toString());
                return this;
            }
        }
        for (var setting : Sampling.SETTINGS) {
            if (setting.name().equals(name)) {
                sampling = setting.with(sampling, value.toString());
                return this;
            }
        }
        var names = new ArrayList<String>();
        DecoderSettings.SETTINGS.stream().map(Setting::name).forEach(names::add);
        Sampling.SETTINGS.stream().map(Setting::name).forEach(names::add);
        throw new IllegalArgumentException("there is no setting '%s'; choose one of %s".formatted(name, names));
    }

    /**
     * Pixels of the image.
     *
     * @throws IllegalArgumentException if only one of them is given, or the model makes no such images
     */
    public RequestBuilder size(@Nullable Integer width, @Nullable Integer height) {
        if (width == null && height == null) {
            return this;
        }
        var sizes = description.sizes();
        size = sizes.stream()
                .filter(each -> Integer.valueOf(each.width()).equals(width)
                        && Integer.valueOf(each.height()).equals(height))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("width x height is %s x %s, expected a size of this model: %s"
                                .formatted(
                                        width == null ? "nothing" : width,
                                        height == null ? "nothing" : height,
                                        sizes.stream().map(ImageSize::toString).collect(Collectors.joining(", ")))));
        return this;
    }

    /**
     * Requests for images of one prompt, with seeds that follow each other.
     *
     * @param images how many, at least 1
     * @throws IllegalArgumentException if the prompt is blank, or the model cannot do what the decoder needs
     */
    public List<Request> build(String prompt, int images) {
        if (prompt.isBlank()) {
            throw new IllegalArgumentException("the prompt is empty, expected a text that says what the image shows");
        }
        if (images < 1) {
            throw new IllegalArgumentException("the number of images is %s, expected at least 1".formatted(images));
        }
        requireSupport();
        long first = seed == null ? ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE) : seed;
        return IntStream.range(0, images)
                .mapToObj(i -> new Request(prompt, negativePrompt, first + i, decoder, settings, sampling, size))
                .toList();
    }

    /**
     * Checks what can be checked without a prompt.
     *
     * @throws IllegalArgumentException if the model cannot do what the decoder needs
     */
    public void requireSupport() {
        if (!description.supports(decoder, settings)) {
            throw new IllegalArgumentException(
                    "decoder is '%s', which needs an adapter that this model does not have; choose one such as %s"
                            .formatted(decoder.name(), Decoders.SJD_EXACT.name()));
        }
    }
}
