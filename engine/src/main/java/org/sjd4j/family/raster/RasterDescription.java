package org.sjd4j.family.raster;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.Defaults;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.LoadedModel;
import org.sjd4j.family.MemoryGuard;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.family.Problems;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.proposal.NeighbourHead;
import org.sjd4j.proposal.ProposalFiles;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Precision;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.vision.ImageDecoder;
import org.sjd4j.vision.PatchTokenizer;

/**
 * A checkpoint of the bundled model's family: a {@link RasterLlama} with a {@link PatchTokenizer}.
 *
 * @param directory laid out like a Hugging Face checkpoint, with the image tokenizer in {@code image_tokenizer}
 * @param model sizes of the autoregressive model
 * @param imageTokenizer sizes of the image tokenizer
 * @param prompts how words become the model's input
 * @param defaults what the checkpoint recommends
 * @param proposals what there is that makes better drafts
 */
public record RasterDescription(
        Path directory,
        RasterLlama.Config model,
        PatchTokenizer.Config imageTokenizer,
        PromptSlots prompts,
        Defaults defaults,
        ProposalFiles proposals)
        implements ModelDescription {

    /**
     * Reads a checkpoint's configuration files and checks that they fit together.
     *
     * @param adapter directory of what makes better drafts, or nothing to look in its own
     * @throws CheckpointException if one is missing or malformed, or the model is of an unknown family
     */
    public static RasterDescription read(Path directory, @Nullable Path adapter) {
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
        var proposals = ProposalFiles.of(directory, adapter);
        var prompts = prompts(directory.resolve("tokenizer.json"), model);
        return new RasterDescription(directory, model, imageTokenizer, prompts, defaults, proposals);
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
        var json = JsonConfig.read(file);
        String found = json.textOr("model_type", "none");
        if (!found.equals(expected)) {
            throw json.wrong("model_type", found, expected);
        }
        return json;
    }

    @Override
    public String family() {
        return RasterLlama.MODEL_TYPE;
    }

    @Override
    public long parameters() {
        long sum = 0;
        for (Parameter parameter : RasterLlama.parameters(model)) {
            sum += parameter.elements();
        }
        for (Parameter parameter : PatchTokenizer.parameters(imageTokenizer)) {
            sum += parameter.elements();
        }
        var denoising = proposals.denoising();
        if (denoising != null) {
            for (Parameter parameter : Denoising.parameters(denoising.config(), model.llama(), model.codeWidth())) {
                sum += parameter.elements();
            }
        }
        var neighbour = proposals.neighbour();
        if (neighbour != null) {
            var parameters =
                    NeighbourHead.parameters(neighbour.config(), model.llama().hidden(), model.codes());
            for (Parameter parameter : parameters) {
                sum += parameter.elements();
            }
        }
        return sum;
    }

    @Override
    public Precision defaultPrecision(ComputeDevice device) {
        return Precision.forSmallModels(device);
    }

    /** {@inheritDoc} The checkpoint's own, wherever it runs. */
    @Override
    public Defaults defaults(ComputeDevice device) {
        return defaults;
    }

    @Override
    public Precision trainingPrecision() {
        return Precision.FLOAT32;
    }

    /** {@inheritDoc} Float32 weights, and a second copy of those that are joined into larger matrices. */
    @Override
    public long bytesNeeded(Precision precision) {
        return MemoryGuard.BASE + 2 * Float.BYTES * parameters();
    }

    @Override
    public long bytesPerImage() {
        long rows = model.layout().length() + model.promptSlots();
        return 2L * 2 * model.llama().layers() * model.llama().keyWidth() * rows * Float.BYTES;
    }

    @Override
    public String licence() {
        return "its own: see the model card";
    }

    @Override
    public List<String> problems() {
        return Problems.of(() -> {
            var owner = new OwnerThread("sjd4j-inspect");
            try {
                owner.call(() -> {
                    load(ComputeDevice.CPU, Precision.FLOAT32).close();
                    return true;
                });
            } finally {
                owner.close();
            }
        });
    }

    @Override
    public List<ImageSize> sizes() {
        return List.of(new ImageSize(imageTokenizer.imageSize(), imageTokenizer.imageSize()));
    }

    @Override
    public RasterLayout layout(ImageSize size) {
        return model.layout();
    }

    @Override
    public PromptNotes notes(String prompt) {
        var read = prompts.of(prompt);
        boolean meaningless =
                read.unknown().size() == WordTokenizer.words(prompt).size();
        return new PromptNotes(read.unknown(), read.dropped(), meaningless);
    }

    @Override
    public LoadedModel load(ComputeDevice device, Precision precision) {
        var network = LoadedRasterLlama.load(weightsFile(), model, proposals, device, precision);
        try {
            return new Loaded(network, ImageDecoder.load(imageTokenizerFile(), imageTokenizer, device), prompts);
        } catch (RuntimeException | Error e) {
            network.close();
            throw e;
        }
    }

    private record Loaded(LoadedRasterLlama llama, ImageDecoder decoder, PromptSlots prompts) implements LoadedModel {
        @Override
        public ImageSession begin(String prompt, String negativePrompt, Sampling sampling, ImageSize size) {
            int[] other = negativePrompt.isBlank()
                    ? prompts.none()
                    : prompts.of(negativePrompt).slots();
            return llama.begin(prompts.of(prompt).slots(), other, sampling);
        }

        @Override
        public ImageTokenNetwork network() {
            return llama.model();
        }

        @Override
        public int promptTokens(String prompt) {
            return WordTokenizer.words(prompt).size();
        }

        /** {@inheritDoc} What finds no slot is left out. */
        @Override
        public int longestPrompt(ImageSize size) {
            return Integer.MAX_VALUE;
        }

        @Override
        public BufferedImage image(int[] tokens, ImageSize size) {
            return decoder.image(tokens);
        }

        @Override
        public int[] tokens(BufferedImage image, ImageSize size) {
            return decoder.tokens(image);
        }

        @Override
        public void close() {
            decoder.close();
            llama.close();
        }
    }

    @Override
    public Path weightsFile() {
        return directory.resolve("model.safetensors");
    }

    /** The image tokenizer's weights. */
    @Override
    public Path imageTokenizerFile() {
        return directory.resolve("image_tokenizer").resolve("model.safetensors");
    }
}
