package org.sjd4j.spring;

import io.micrometer.observation.ObservationRegistry;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.ImageGenerator.StepListener;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.Request;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.image.Image;
import org.springframework.ai.image.ImageGeneration;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImageOptions;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.ai.image.ImageResponse;
import org.springframework.ai.image.ImageResponseMetadata;
import org.springframework.ai.image.observation.DefaultImageModelObservationConvention;
import org.springframework.ai.image.observation.ImageModelObservationContext;
import org.springframework.ai.image.observation.ImageModelObservationConvention;
import org.springframework.ai.image.observation.ImageModelObservationDocumentation;

/**
 * Spring AI's image model over the model of this process. An answer has PNG files in Base64, which say how they were made, and for each a {@link
 * Sjd4jImageMetadata}.
 *
 * <p>Safe for use by many threads: the images of calls at the same time share forward passes.
 */
public final class Sjd4jImageModel implements ImageModel {
    private static final String PROVIDER = "sjd4j";
    private static final String FORMAT = "b64_json";
    private static final ImageModelObservationConvention USUAL = new DefaultImageModelObservationConvention();

    private final Sjd4jEngine engine;
    private final int previews;
    private final List<ImagePreviewListener> listeners;
    private final ObservationRegistry observations;
    private final @Nullable ImageModelObservationConvention convention;

    /**
     * An image model.
     *
     * @param previews of an image, if a call does not say how many
     * @param listeners hear of the previews of all calls
     * @param observations are told of each call
     * @param convention names what they are told, unless it is the usual one
     */
    public Sjd4jImageModel(
            Sjd4jEngine engine,
            int previews,
            List<ImagePreviewListener> listeners,
            ObservationRegistry observations,
            @Nullable ImageModelObservationConvention convention) {
        this.engine = engine;
        this.previews = previews;
        this.listeners = List.copyOf(listeners);
        this.observations = observations;
        this.convention = convention;
    }

    /**
     * Generates the images of a prompt and waits for them.
     *
     * @throws IllegalArgumentException if the prompt or an option makes no sense; the message names it
     * @throws org.sjd4j.decode.sampling.DecodingException if the model cannot generate them, or the calling thread is interrupted
     * @throws Sjd4jConfigurationException if the model is loaded now and cannot be
     * @throws IllegalStateException if the application ends before they are finished
     */
    @Override
    public ImageResponse call(ImagePrompt prompt) {
        var options = Sjd4jImageOptions.of(prompt.getOptions());
        require(prompt.getOptions(), options);
        var requests = requests(prompt, options);
        var context = ImageModelObservationContext.builder()
                .imagePrompt(new ImagePrompt(prompt.getInstructions(), options))
                .provider(PROVIDER)
                .build();
        var observation = ImageModelObservationDocumentation.IMAGE_MODEL_OPERATION.observation(
                convention, USUAL, () -> context, observations);
        return Objects.requireNonNull(observation.observe(() -> {
            var response = generate(requests, options);
            context.setResponse(response);
            return response;
        }));
    }

    private void require(@Nullable ImageOptions given, Sjd4jImageOptions options) {
        if (options.model() != null && !options.model().equals(engine.name())) {
            throw new IllegalArgumentException(
                    "model is '%s', expected '%s' or nothing".formatted(options.model(), engine.name()));
        }
        if (options.responseFormat() != null && !options.responseFormat().equals(FORMAT)) {
            throw new IllegalArgumentException(
                    "responseFormat is '%s', expected %s".formatted(options.responseFormat(), FORMAT));
        }
        if (given != null && given.getStyle() != null) {
            throw new IllegalArgumentException(
                    "style is '%s', expected nothing; say it in the prompt".formatted(given.getStyle()));
        }
        if (options.partialImages() != null && options.partialImages() < 0) {
            throw new IllegalArgumentException(
                    "partialImages is %s, expected at least 0".formatted(options.partialImages()));
        }
    }

    private List<Request> requests(ImagePrompt prompt, Sjd4jImageOptions options) {
        var messages = prompt.getInstructions();
        if (messages.size() != 1) {
            throw new IllegalArgumentException(
                    "the prompt has %s messages, expected 1; negativePrompt is an option".formatted(messages.size()));
        }
        return engine.requests()
                .decoder(options.decoder())
                .negativePrompt(options.negativePrompt())
                .seed(options.seed())
                .size(options.width(), options.height())
                .set("window", options.window())
                .set("initialisation", options.initialisation())
                .set("denoising_steps", options.denoisingSteps())
                .set("guidance_scale", options.guidanceScale())
                .set("temperature", options.temperature())
                .set("top_k", options.topK())
                .set("top_p", options.topP())
                .build(text(messages.getFirst().getText()), options.n() == null ? 1 : options.n());
    }

    private static String text(@Nullable String prompt) {
        return prompt == null ? "" : prompt;
    }

    private ImageResponse generate(List<Request> requests, Sjd4jImageOptions options) {
        var images = images(requests, options);
        var generations = IntStream.range(0, requests.size())
                .mapToObj(i -> generation(requests.get(i), images.get(i)))
                .toList();
        int read = engine.model().promptTokens(requests.getFirst().prompt());
        int made = images.stream().mapToInt(image -> image.tokens().length).sum();
        return new ImageResponse(
                generations, new ImageResponseMetadata(System.currentTimeMillis(), new DefaultUsage(read, made)));
    }

    private List<GeneratedImage> images(List<Request> requests, Sjd4jImageOptions options) {
        int wanted = options.partialImages() == null ? previews : options.partialImages();
        var all = new ArrayList<>(listeners);
        if (options.previewListener() != null) {
            all.add(options.previewListener());
        }
        var generator = engine.generator();
        return wanted == 0 || all.isEmpty()
                ? generator.generate(requests, StepListener.NONE)
                : new PreviewedCall(requests, wanted).generate(generator, all);
    }

    private ImageGeneration generation(Request request, GeneratedImage image) {
        byte[] png = PngFile.encode(image.image(), engine.recipe(request));
        var statistics = image.statistics();
        return new ImageGeneration(
                new Image(null, Base64.getEncoder().encodeToString(png)),
                new Sjd4jImageMetadata(
                        request.seed(),
                        request.decoder().name(),
                        image.tokens().length,
                        statistics.steps(),
                        statistics.stepCompression(),
                        image.timing().total(),
                        image.unknownWords()));
    }
}
