package org.sjd4j.spring;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code sjd4j.*}. What says how to generate holds for all images whose options do not say otherwise; what is left open is as the
 * model recommends.
 *
 * @param enabled Whether there is an image model at all.
 * @param model A checkpoint directory, or the name of a model; "bundled" is the one that comes along.
 * @param imageTokenizer Directory of a published model's image tokenizer. Default: inside the model's directory or beside it.
 * @param adapter Directory of what makes better drafts, for the sjd2 and the neighbour decoders. Default: the model's directory.
 * @param device Where the model runs: cpu or cuda.
 * @param dtype Dtype of the matrix products: float32, float16, bfloat16 or int8. Default: the fastest that changes no more than rounding.
 * @param passRows Rows of every forward pass; 0 for as many as the windows have. Default: 64 on a GPU, 0 otherwise.
 * @param threads CPU threads of LibTorch, for the whole process. Default: as LibTorch chooses.
 * @param lazy Whether the model is loaded for the first image, and not when the application starts.
 * @param decoder How tokens are found, such as sjd-exact or ar.
 * @param window Rows per forward pass, drafts included.
 * @param initialisation The first guess for a token: random, left, above or previous.
 * @param denoisingSteps Passes from noise to a clean draft, for the sjd2 decoders.
 * @param guidanceScale Classifier-free guidance: how strictly the image follows the prompt; 1 is none.
 * @param temperature Above 0; below 1 is safer, above 1 is wilder.
 * @param topK Sample from so many of the most probable tokens; 0 for all.
 * @param topP Sample from the most probable tokens that reach this share together; 1 for all.
 * @param negativePrompt What guidance leads away from.
 * @param seed Seed of every call's first image. Default: a random one for each call.
 * @param partialImages Previews of an image, if somebody listens to them.
 * @param batch How much is generated at a time.
 */
@ConfigurationProperties("sjd4j")
public record Sjd4jProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("bundled") String model,
        @Nullable Path imageTokenizer,
        @Nullable Path adapter,
        @DefaultValue("cpu") String device,
        @Nullable String dtype,
        @Nullable Integer passRows,
        @Nullable Integer threads,
        @DefaultValue("false") boolean lazy,
        @Nullable String decoder,
        @Nullable Integer window,
        @Nullable String initialisation,
        @Nullable Integer denoisingSteps,
        @Nullable Double guidanceScale,
        @Nullable Double temperature,
        @Nullable Integer topK,
        @Nullable Double topP,
        @Nullable String negativePrompt,
        @Nullable Long seed,
        @DefaultValue("3") int partialImages,
        @DefaultValue Batch batch) {

    /**
     * How much is generated at a time.
     *
     * @param images Images at a time. Default: 8, as far as memory has room for their caches.
     * @param rows Rows of the forward passes of a moment, over all images and both branches of guidance. Default: 64.
     * @param workers Threads that share out the images on a CPU. Default: one for each CPU for models of up to 100 million weights, otherwise 1.
     */
    public record Batch(
            @Nullable Integer images,
            @Nullable Integer rows,
            @Nullable Integer workers) {}
}
