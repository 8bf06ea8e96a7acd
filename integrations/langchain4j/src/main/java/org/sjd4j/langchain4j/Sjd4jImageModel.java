package org.sjd4j.langchain4j;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.model.image.ImageModel;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.BatchLimits;
import org.sjd4j.api.Edit;
import org.sjd4j.api.EditMask;
import org.sjd4j.api.Families;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.ImageGenerator;
import org.sjd4j.api.ImageGenerator.StepListener;
import org.sjd4j.api.LoadOptions;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.api.RequestBuilder;
import org.sjd4j.api.TextToImage;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.bundled.ModelCatalogue;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.image.Alpha;
import org.sjd4j.image.ImageFiles;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;

/**
 * LangChain4j's image model over a model that it loads into this process. Images are PNG files in Base64, which say how they were made.
 *
 * <p>Safe for use by many threads: the images of calls at the same time share forward passes.
 */
public final class Sjd4jImageModel implements ImageModel, AutoCloseable {
    /** In a response's metadata: the seed of each image, a {@code List<Long>}. */
    public static final String SEEDS = "seeds";

    /** In a response's metadata: the forward passes of each image, a {@code List<Integer>}. */
    public static final String STEPS = "steps";

    /** In a response's metadata: the seconds of each image from its first step, a {@code List<Double>}. */
    public static final String SECONDS = "seconds";

    private final String name;
    private final TextToImage model;
    private final ImageGenerator generator;
    private final UnaryOperator<RequestBuilder> wishes;

    private Sjd4jImageModel(String name, TextToImage model, BatchLimits limits, UnaryOperator<RequestBuilder> wishes) {
        this.name = name;
        this.model = model;
        this.wishes = wishes;
        generator = new ImageGenerator(model, limits, ImageGenerator.Monitor.NONE);
    }

    /** A builder of which all is open: the bundled model on the CPU, and images as it recommends. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Generates an image and waits for it.
     *
     * @throws IllegalArgumentException if the prompt is blank
     * @throws org.sjd4j.decode.sampling.DecodingException if the model cannot generate it, or the calling thread is interrupted
     * @throws IllegalStateException if the model is closed before it is finished
     */
    @Override
    public Response<Image> generate(String prompt) {
        return first(generate(prompt, 1));
    }

    private static Response<Image> first(Response<List<Image>> response) {
        return Response.from(
                response.content().getFirst(), response.tokenUsage(), response.finishReason(), response.metadata());
    }

    /**
     * Makes the transparent parts of an image anew; otherwise as {@link #edit(Image, Image, String)}.
     *
     * @throws IllegalArgumentException if the image has no transparent part
     */
    @Override
    public Response<Image> edit(Image image, String prompt) {
        byte[] file = file(image, "image");
        return edit(file, EditMask.transparentParts(file, "the image"), prompt);
    }

    /**
     * Makes a part of an image anew and waits for it. The rest stays as it is.
     *
     * @param image in Base64, of the shape of the model's images; it is scaled to their size
     * @param mask in Base64, of the shape of the image. Its transparent parts are made anew, or its white ones if none of it is transparent
     * @param prompt what the whole image shows
     * @throws IllegalArgumentException if the prompt is blank, an image cannot be read, the shapes do not fit, or nothing is to be made anew
     * @throws org.sjd4j.decode.sampling.DecodingException if the model cannot generate it, or the calling thread is interrupted
     * @throws IllegalStateException if the model is closed before it is finished
     */
    @Override
    public Response<Image> edit(Image image, Image mask, String prompt) {
        return edit(file(image, "image"), EditMask.decode(file(mask, "mask"), "the mask"), prompt);
    }

    private Response<Image> edit(byte[] file, EditMask mask, String prompt) {
        var image = ImageFiles.decode(file, "the image", Alpha.DROPPED);
        var edit = Edit.of(image, mask, model.description());
        return first(made(
                prompt,
                requests(prompt, 1).stream()
                        .map(request -> request.editing(edit))
                        .toList()));
    }

    private static byte[] file(Image image, String what) {
        String base64 = image.base64Data();
        if (base64 == null) {
            throw new IllegalArgumentException(
                    "the %s has no Base64 data, and addresses are not fetched".formatted(what));
        }
        return Base64.getMimeDecoder().decode(base64);
    }

    /**
     * Generates images of a prompt, with seeds that follow each other, and waits for them; otherwise as {@link #generate(String)}.
     *
     * @param n how many, at least 1
     */
    @Override
    public Response<List<Image>> generate(String prompt, int n) {
        return made(prompt, requests(prompt, n));
    }

    private List<Request> requests(String prompt, int n) {
        return wishes.apply(new RequestBuilder(model.description(), model.defaults()))
                .build(prompt, n);
    }

    private Response<List<Image>> made(String prompt, List<Request> requests) {
        var generated = generator.generate(requests, StepListener.NONE);
        var images = new ArrayList<Image>();
        for (int i = 0; i < requests.size(); i++) {
            images.add(image(requests.get(i), generated.get(i)));
        }
        int read = model.promptTokens(prompt);
        int made = generated.stream().mapToInt(image -> image.tokens().length).sum();
        return Response.from(images, new TokenUsage(read, made), null, metadata(requests, generated));
    }

    private static Map<String, Object> metadata(List<Request> requests, List<GeneratedImage> images) {
        return Map.of(
                SEEDS,
                requests.stream().map(Request::seed).toList(),
                STEPS,
                images.stream().map(image -> image.statistics().steps()).toList(),
                SECONDS,
                images.stream().map(image -> image.timing().total()).toList());
    }

    private Image image(Request request, GeneratedImage image) {
        byte[] png = PngFile.encode(image.image(), new Recipe(name, model.precision(), request));
        return Image.builder()
                .base64Data(Base64.getEncoder().encodeToString(png))
                .mimeType("image/png")
                .build();
    }

    /** Gives up the images that are not finished and frees the model. May be called more than once. */
    @Override
    public void close() {
        generator.close();
        model.close();
    }

    /** Says which model to load, and how to generate with it. */
    public static final class Builder {
        private final Map<String, Object> settings = new HashMap<>();
        private String model = BundledModel.NAME;
        private String device = ComputeDevice.CPU.toString();
        private @Nullable String dtype;
        private @Nullable String decoder;
        private @Nullable String negativePrompt;
        private @Nullable Long seed;
        private @Nullable Integer width;
        private @Nullable Integer height;
        private @Nullable BatchLimits limits;

        private Builder() {}

        /** A checkpoint directory, or the name of a model; {@code bundled} is the one that comes along. */
        public Builder model(String nameOrDirectory) {
            model = nameOrDirectory;
            return this;
        }

        /** Where the model runs: {@code cpu}, unless it is {@code cuda}. */
        public Builder device(String value) {
            device = value;
            return this;
        }

        /** Dtype of the matrix products, such as {@code float32}; without it the fastest that changes no more than rounding. */
        public Builder dtype(String value) {
            dtype = value;
            return this;
        }

        /** How much is generated at a time; without it what suits the model and the machine. */
        public Builder limits(BatchLimits value) {
            limits = value;
            return this;
        }

        /** How tokens are found, such as {@code sjd-exact} or {@code ar}. */
        public Builder decoder(String value) {
            decoder = value;
            return this;
        }

        /** What guidance leads away from. */
        public Builder negativePrompt(String value) {
            negativePrompt = value;
            return this;
        }

        /** The seed of each call's first image; without it a random one for each call. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** Pixels of the images, one of the model's sizes. */
        public Builder size(int widthPixels, int heightPixels) {
            width = widthPixels;
            height = heightPixels;
            return this;
        }

        /** Rows per forward pass, drafts included. */
        public Builder window(int value) {
            settings.put("window", value);
            return this;
        }

        /** The first guess for a token: {@code random}, {@code left}, {@code above} or {@code previous}. */
        public Builder initialisation(String value) {
            settings.put("initialisation", value);
            return this;
        }

        /** Passes from noise to a clean draft, for the sjd2 decoders. */
        public Builder denoisingSteps(int value) {
            settings.put("denoising_steps", value);
            return this;
        }

        /** Classifier-free guidance: how strictly the image follows the prompt; 1 is none. */
        public Builder guidanceScale(double value) {
            settings.put("guidance_scale", value);
            return this;
        }

        /** Above 0; below 1 is safer, above 1 is wilder. */
        public Builder temperature(double value) {
            settings.put("temperature", value);
            return this;
        }

        /** Sample from so many of the most probable tokens; 0 for all. */
        public Builder topK(int value) {
            settings.put("top_k", value);
            return this;
        }

        /** Sample from the most probable tokens that reach this share together; 1 for all. */
        public Builder topP(double value) {
            settings.put("top_p", value);
            return this;
        }

        /**
         * Loads the model.
         *
         * @throws IllegalArgumentException if a value makes no sense; the message names it
         * @throws org.sjd4j.bundled.ModelNotFoundException if there is no such model
         * @throws org.sjd4j.tensor.CheckpointException if its checkpoint cannot be read
         * @throws org.sjd4j.family.TooLittleMemoryException if it does not fit into memory
         */
        public Sjd4jImageModel build() {
            var entry = ModelCatalogue.ofUser().find(model);
            var description = Families.describe(entry.directory());
            var where = ComputeDevice.named(device);
            var precision = dtype == null ? description.defaultPrecision(where) : Precision.named(dtype);
            var options = LoadOptions.of(where, precision);
            var values = Map.copyOf(settings);
            UnaryOperator<RequestBuilder> wishes = wishes(values);
            wishes.apply(new RequestBuilder(description, description.defaults(where)))
                    .requireSupport();
            return open(entry.name(), description, options, wishes);
        }

        private Sjd4jImageModel open(
                String name, ModelDescription description, LoadOptions options, UnaryOperator<RequestBuilder> wishes) {
            var most = limits == null ? BatchLimits.suiting(description, options) : limits;
            return new Sjd4jImageModel(name, TextToImage.open(description, options), most, wishes);
        }

        private UnaryOperator<RequestBuilder> wishes(Map<String, Object> values) {
            String chosenDecoder = decoder;
            String chosenNegative = negativePrompt;
            Long chosenSeed = seed;
            Integer chosenWidth = width;
            Integer chosenHeight = height;
            return builder -> {
                builder.decoder(chosenDecoder)
                        .negativePrompt(chosenNegative)
                        .seed(chosenSeed)
                        .size(chosenWidth, chosenHeight);
                values.forEach(builder::set);
                return builder;
            };
        }
    }
}
