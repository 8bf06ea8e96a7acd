package org.sjd4j.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.sjd4j.model.Denoising;
import org.sjd4j.model.LoadedRasterLlama;
import org.sjd4j.model.RasterLlama;
import org.sjd4j.prompt.PromptSlots;
import org.sjd4j.prompt.WordTokenizer;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.JsonConfig;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.vision.PatchTokenizer;

/**
 * All that a checkpoint directory says about its model, without the weights: reading it takes milliseconds and no
 * LibTorch, so that what a model cannot do is refused before it is loaded.
 *
 * @param directory laid out like a Hugging Face checkpoint, with the image tokenizer in {@code image_tokenizer}
 * @param model sizes of the autoregressive model
 * @param imageTokenizer sizes of the image tokenizer
 * @param prompts how words become the model's input
 * @param defaults what the checkpoint recommends
 * @param denoising what the checkpoint has for reading noisy rows, or nothing
 */
public record ModelDescription(
        Path directory,
        RasterLlama.Config model,
        PatchTokenizer.Config imageTokenizer,
        PromptSlots prompts,
        Defaults defaults,
        Denoising.@Nullable Config denoising) {

    /**
     * Reads a checkpoint's configuration files and checks that they fit together.
     *
     * @throws CheckpointException if one is missing or malformed, or the model is of an unknown family
     */
    public static ModelDescription read(Path directory) {
        var model = RasterLlama.Config.from(family(directory.resolve("config.json"), RasterLlama.MODEL_TYPE));
        Path vision = directory.resolve("image_tokenizer");
        var imageTokenizer =
                PatchTokenizer.Config.from(family(vision.resolve("config.json"), PatchTokenizer.MODEL_TYPE));
        if (imageTokenizer.codes() != model.codes() || imageTokenizer.grid() != model.grid()) {
            throw new CheckpointException(
                    vision.toString(),
                    imageTokenizer.codes() + " codes in a grid of " + imageTokenizer.grid(),
                    model.codes() + " codes in a grid of " + model.grid(),
                    "use the image tokenizer that the model was trained with");
        }
        var defaults = Defaults.from(JsonConfig.read(directory.resolve("generation_config.json")));
        Path noise = directory.resolve("denoising_config.json");
        var denoising = Files.exists(noise) ? Denoising.Config.from(JsonConfig.read(noise)) : null;
        var prompts = prompts(directory.resolve("tokenizer.json"), model);
        return new ModelDescription(directory, model, imageTokenizer, prompts, defaults, denoising);
    }

    private static PromptSlots prompts(Path file, RasterLlama.Config model) {
        var words = WordTokenizer.read(file);
        if (words.size() > model.words()) {
            throw new CheckpointException(
                    file.toString(),
                    words.size() + " words",
                    "at most the model's " + model.words(),
                    "use the tokenizer.json that belongs to this checkpoint");
        }
        return new PromptSlots(words, model.promptSlots());
    }

    private static JsonConfig family(Path file, String expected) {
        if (!Files.isRegularFile(file)) {
            throw new CheckpointException(
                    file.toString(), "no such file", "a checkpoint directory with a config.json", "check the path");
        }
        var json = JsonConfig.read(file);
        String found = json.textOr("model_type", "none");
        if (!found.equals(expected)) {
            throw json.wrong("model_type", found, expected);
        }
        return json;
    }

    /** The model's family, as {@code config.json} calls it. */
    public String family() {
        return RasterLlama.MODEL_TYPE;
    }

    /** Number of weights of the autoregressive model, its denoising and the image tokenizer together. */
    public long parameters() {
        long sum = 0;
        for (Parameter parameter : RasterLlama.parameters(model)) {
            sum += parameter.elements();
        }
        for (Parameter parameter : PatchTokenizer.parameters(imageTokenizer)) {
            sum += parameter.elements();
        }
        if (denoising != null) {
            for (Parameter parameter : Denoising.parameters(denoising, model)) {
                sum += parameter.elements();
            }
        }
        return sum;
    }

    /** Width and height of the pictures in pixels. */
    public int imageSize() {
        return imageTokenizer.imageSize();
    }

    /** Image tokens of one picture. */
    public int imageTokens() {
        return model.length();
    }

    /** Image tokens along each side of a picture. */
    public int grid() {
        return model.grid();
    }

    /** The autoregressive model's weights. */
    Path modelFile() {
        return directory.resolve("model.safetensors");
    }

    /** What lets the model read noisy rows, or nothing. */
    LoadedRasterLlama.@Nullable DenoisingFile denoisingFile() {
        return denoising == null
                ? null
                : new LoadedRasterLlama.DenoisingFile(directory.resolve("denoising.safetensors"), denoising);
    }

    /** The image tokenizer's weights. */
    Path imageTokenizerFile() {
        return directory.resolve("image_tokenizer").resolve("model.safetensors");
    }
}
