package org.sjd4j.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.ai.image.ImageOptions;

/**
 * How the images of a call are generated. What is left open is as the application's properties say, or else as the model recommends.
 *
 * @param n images of the call, with seeds that follow each other
 * @param model the model's name; others than the application's are refused
 * @param width pixels; only sizes of the model are accepted
 * @param height pixels; only sizes of the model are accepted
 * @param responseFormat {@code b64_json}, which is also what is left open
 * @param seed the seed of the first image; the same seed gives the same image
 * @param negativePrompt what guidance leads away from
 * @param decoder how tokens are found, such as {@code sjd-exact} or {@code ar}
 * @param window rows per forward pass, drafts included
 * @param initialisation the first guess for a token: random, left, above or previous
 * @param denoisingSteps passes from noise to a clean draft, for the sjd2 decoders
 * @param guidanceScale classifier-free guidance: how strictly the image follows the prompt; 1 is none
 * @param temperature above 0; below 1 is safer, above 1 is wilder
 * @param topK sample from so many of the most probable tokens; 0 for all
 * @param topP sample from the most probable tokens that reach this share together; 1 for all
 * @param partialImages previews of each image, if somebody listens to them
 * @param previewListener hears of the previews of this call
 */
public record Sjd4jImageOptions(
        @Nullable Integer n,
        @Nullable String model,
        @Nullable Integer width,
        @Nullable Integer height,
        @Nullable String responseFormat,
        @Nullable Long seed,
        @Nullable String negativePrompt,
        @Nullable String decoder,
        @Nullable Integer window,
        @Nullable String initialisation,
        @Nullable Integer denoisingSteps,
        @Nullable Double guidanceScale,
        @Nullable Double temperature,
        @Nullable Integer topK,
        @Nullable Double topP,
        @Nullable Integer partialImages,
        @Nullable ImagePreviewListener previewListener)
        implements ImageOptions {
    /** Options of which all are open. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public @Nullable Integer getN() {
        return n;
    }

    @Override
    public @Nullable String getModel() {
        return model;
    }

    @Override
    public @Nullable Integer getWidth() {
        return width;
    }

    @Override
    public @Nullable Integer getHeight() {
        return height;
    }

    @Override
    public @Nullable String getResponseFormat() {
        return responseFormat;
    }

    /** There is none: a style is part of the prompt. */
    @Override
    public @Nullable String getStyle() {
        return null;
    }

    /** The options of any model, as far as they are ours. */
    static Sjd4jImageOptions of(@Nullable ImageOptions options) {
        return switch (options) {
            case null -> builder().build();
            case Sjd4jImageOptions own -> own;
            default ->
                builder()
                        .n(options.getN())
                        .model(options.getModel())
                        .width(options.getWidth())
                        .height(options.getHeight())
                        .responseFormat(options.getResponseFormat())
                        .build();
        };
    }

    /** Collects options. */
    public static final class Builder {
        private @Nullable Integer n;
        private @Nullable String model;
        private @Nullable Integer width;
        private @Nullable Integer height;
        private @Nullable String responseFormat;
        private @Nullable Long seed;
        private @Nullable String negativePrompt;
        private @Nullable String decoder;
        private @Nullable Integer window;
        private @Nullable String initialisation;
        private @Nullable Integer denoisingSteps;
        private @Nullable Double guidanceScale;
        private @Nullable Double temperature;
        private @Nullable Integer topK;
        private @Nullable Double topP;
        private @Nullable Integer partialImages;
        private @Nullable ImagePreviewListener previewListener;

        private Builder() {}

        /** Images of the call, with seeds that follow each other. */
        public Builder n(@Nullable Integer value) {
            n = value;
            return this;
        }

        /** The model's name; others than the application's are refused. */
        public Builder model(@Nullable String value) {
            model = value;
            return this;
        }

        /** Pixels; only sizes of the model are accepted. */
        public Builder width(@Nullable Integer value) {
            width = value;
            return this;
        }

        /** Pixels; only sizes of the model are accepted. */
        public Builder height(@Nullable Integer value) {
            height = value;
            return this;
        }

        /** {@code b64_json}, which is also what is left open. */
        public Builder responseFormat(@Nullable String value) {
            responseFormat = value;
            return this;
        }

        /** The seed of the first image; the same seed gives the same image. */
        public Builder seed(@Nullable Long value) {
            seed = value;
            return this;
        }

        /** What guidance leads away from. */
        public Builder negativePrompt(@Nullable String value) {
            negativePrompt = value;
            return this;
        }

        /** How tokens are found, such as {@code sjd-exact} or {@code ar}. */
        public Builder decoder(@Nullable String value) {
            decoder = value;
            return this;
        }

        /** Rows per forward pass, drafts included. */
        public Builder window(@Nullable Integer value) {
            window = value;
            return this;
        }

        /** The first guess for a token: random, left, above or previous. */
        public Builder initialisation(@Nullable String value) {
            initialisation = value;
            return this;
        }

        /** Passes from noise to a clean draft, for the sjd2 decoders. */
        public Builder denoisingSteps(@Nullable Integer value) {
            denoisingSteps = value;
            return this;
        }

        /** Classifier-free guidance: how strictly the image follows the prompt; 1 is none. */
        public Builder guidanceScale(@Nullable Double value) {
            guidanceScale = value;
            return this;
        }

        /** Above 0; below 1 is safer, above 1 is wilder. */
        public Builder temperature(@Nullable Double value) {
            temperature = value;
            return this;
        }

        /** Sample from so many of the most probable tokens; 0 for all. */
        public Builder topK(@Nullable Integer value) {
            topK = value;
            return this;
        }

        /** Sample from the most probable tokens that reach this share together; 1 for all. */
        public Builder topP(@Nullable Double value) {
            topP = value;
            return this;
        }

        /** Previews of each image, if somebody listens to them. */
        public Builder partialImages(@Nullable Integer value) {
            partialImages = value;
            return this;
        }

        /** Hears of the previews of this call. */
        public Builder previewListener(@Nullable ImagePreviewListener value) {
            previewListener = value;
            return this;
        }

        /** The options. */
        public Sjd4jImageOptions build() {
            return new Sjd4jImageOptions(
                    n,
                    model,
                    width,
                    height,
                    responseFormat,
                    seed,
                    negativePrompt,
                    decoder,
                    window,
                    initialisation,
                    denoisingSteps,
                    guidanceScale,
                    temperature,
                    topK,
                    topP,
                    partialImages,
                    previewListener);
        }
    }
}
