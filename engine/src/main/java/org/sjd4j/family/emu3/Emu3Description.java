package org.sjd4j.family.emu3;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.Companions;
import org.sjd4j.family.Defaults;
import org.sjd4j.family.Ids;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.PromptIds;
import org.sjd4j.family.PromptReader;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.llama.VocabularyLlama;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Weights;
import org.sjd4j.text.HuggingFaceText;
import org.sjd4j.text.TextTokenizer;
import org.sjd4j.text.TiktokenText;
import org.sjd4j.vision.ImageTokenizer;
import org.sjd4j.vision.MoVqTokenizer;

/**
 * A checkpoint of Emu3-Gen: BAAI's, with Emu3-VisionTokenizer in a directory of its own, or Transformers', with all in
 * one.
 *
 * <p>Prompt, sizes and guidance: {@code emu3/mllm/processing_emu3.py} and {@code utils_emu3.py}.
 */
public final class Emu3Description extends PublishedDescription<VocabularyLlama> {
    public static final String VISION_TYPE = "Emu3VisionVQ";

    private static final String RANKS = "emu3.tiktoken";
    private static final String VISION_TOKENS = "emu3_vision_tokens.txt";
    private static final String LAST_CODE = "<|visual token %06d|>";
    private static final String CODEBOOK = "quantize.embedding.weight";

    private static final int PATCH = 8;
    private static final int AREA = 720 * 720;
    private static final int[][] RATIOS = {{1, 1}, {4, 3}, {3, 4}, {16, 9}, {9, 16}, {3, 2}, {2, 3}, {21, 9}};

    /** Fewer columns than this confuse the official grammar: its line ends and its image's end fall together. */
    private static final int FEWEST_COLUMNS = 3;

    /** What guidance leads away from unless the user says something else: the one in Emu3's instructions. */
    private static final String NEGATIVE_PROMPT =
            "lowres, bad anatomy, bad hands, text, error, missing fingers, extra digit, fewer digits, cropped, worst"
                    + " quality, low quality, normal quality, jpeg artifacts, signature, watermark, username, blurry.";

    private final Emu3.Config config;
    private final boolean hf;
    private final int area;
    private final int positions;
    private final @Nullable Path imageTokenizer;

    /**
     * Reads a checkpoint directory.
     *
     * @param imageTokenizer directory of Emu3-VisionTokenizer, or nothing to look for it
     * @param adapter directory of what makes better drafts, or nothing to look in its own
     */
    public Emu3Description(Path directory, JsonConfig json, @Nullable Path imageTokenizer, @Nullable Path adapter) {
        super(directory, json.text("model_type"), adapter);
        this.hf = family().equals(Emu3.HF_MODEL_TYPE);
        this.area = json.sizeOr("image_area", AREA);
        this.imageTokenizer = imageTokenizer;
        Map<String, Integer> ids =
                hf ? json.vocabulary("vocabulary_map") : tiktoken().ids();
        this.config = Emu3.Config.from(json, ids);
        if (!hf) {
            requireWhole(ids);
        }
        if (hf) {
            MoVqTokenizer.require(json.object("vq_config"));
        }
        this.positions = Emu3.Config.language(json).sizeOr("max_position_embeddings", Integer.MAX_VALUE);
    }

    /** The ids of image codes follow those of text, so that a file that ends too early would shift them. */
    private void requireWhole(Map<String, Integer> ids) {
        int known = Collections.max(ids.values()) + 1;
        if (known != config.vocabulary()
                || !ids.containsKey(String.format(Locale.ROOT, LAST_CODE, config.codes() - 1))) {
            throw new CheckpointException(
                    directory().resolve(RANKS).toString(),
                    known + " ids, those of " + VISION_TOKENS + " included, or no last image token",
                    "the " + config.vocabulary() + " ids of vocab_size",
                    "download both files again");
        }
    }

    private TiktokenText tiktoken() {
        return TiktokenText.read(directory().resolve(RANKS), directory().resolve(VISION_TOKENS));
    }

    /** Whether the image tokenizer lies in the same files. */
    public boolean hf() {
        return hf;
    }

    @Override
    public TextTokenizer text() {
        return hf ? HuggingFaceText.read(directory().resolve("tokenizer.json")) : tiktoken();
    }

    /** Sizes and ids of the language model. */
    public Emu3.Config config() {
        return config;
    }

    @Override
    public List<ImageSize> sizes() {
        var sizes = new LinkedHashSet<ImageSize>();
        for (int[] ratio : RATIOS) {
            var size = size(ratio[0], ratio[1], area);
            if (size.width() >= FEWEST_COLUMNS * PATCH && size.height() >= PATCH) {
                sizes.add(size);
            }
        }
        return List.copyOf(sizes);
    }

    /** The size of a ratio and an area, rounded half to even as Python does. */
    public static ImageSize size(int width, int height, int area) {
        double scale = Math.sqrt((double) area / (width * height)) / PATCH;
        return new ImageSize((int) Math.rint(width * scale) * PATCH, (int) Math.rint(height * scale) * PATCH);
    }

    @Override
    public RasterLayout layout(ImageSize size) {
        return config.layout(size.height() / PATCH, size.width() / PATCH);
    }

    @Override
    public Defaults defaults(ComputeDevice device) {
        return defaults(new Sampling(3, 1, 2048, 1), device);
    }

    @Override
    public String licence() {
        return "Apache-2.0";
    }

    @Override
    public VocabularyLlama network(Weights weights, Precision precision) {
        var network = Emu3.network(config, weights, precision);
        weights.requireAllRead(Emu3::isImageTokenizer);
        return network;
    }

    @Override
    public ImagePart imagePart() {
        return ImagePart.MOVQ;
    }

    @Override
    public LlamaConfig llama() {
        return config.llama();
    }

    @Override
    public long parameters() {
        return config.parameters();
    }

    @Override
    public void findCompanions() {
        if (hf) {
            Companions.requireCodes(directory(), CODEBOOK, config.codes(), "vqmodel.", "model.vqmodel.");
        } else {
            imageTokenizerFile();
        }
    }

    @Override
    public ImageTokenizer vision(MappedCheckpoint weights, Device device) {
        return hf ? hfVision(weights, device) : vision(imageTokenizerFile(), device);
    }

    /** {@inheritDoc} It has this model's number of codes. */
    @Override
    public Path imageTokenizerFile() {
        if (hf) {
            return directory();
        }
        return Companions.find(
                directory(), imageTokenizer, this::holdsVision, "Emu3-VisionTokenizer", "--image-tokenizer");
    }

    private boolean holdsVision(Path candidate) {
        if (!Companions.isOfType(candidate, VISION_TYPE)) {
            return false;
        }
        MoVqTokenizer.require(JsonConfig.read(candidate.resolve("config.json")));
        Companions.requireCodes(candidate, CODEBOOK, config.codes());
        return true;
    }

    /** The image tokenizer of a directory of its own. */
    public static ImageTokenizer vision(Path directory, Device device) {
        try (var mapped = MappedCheckpoint.open(directory)) {
            return new MoVqTokenizer(
                    mapped.copies(name -> true, ScalarType.Float, device), MoVqTokenizer.Names.ORIGINAL);
        }
    }

    /** The image tokenizer inside a checkpoint of Transformers' layout. */
    public static ImageTokenizer hfVision(MappedCheckpoint weights, Device device) {
        var copies = weights.copies(Emu3::isImageTokenizer, ScalarType.Float, device);
        var at = copies.at("vqmodel").has("quantize.embedding.weight")
                ? copies.at("vqmodel")
                : copies.at("model.vqmodel");
        return new MoVqTokenizer(at, MoVqTokenizer.Names.HF);
    }

    @Override
    public int positions() {
        return positions;
    }

    @Override
    public int[] promptIds(TextTokenizer text, String prompt, ImageSize size) {
        int[] begin = {config.id(Emu3.BEGIN)};
        String grid = size.height() / PATCH + "*" + size.width() / PATCH;
        int[] middle = text.encode(prompt);
        int[] open = {config.id(Emu3.START_OF_IMAGE)};
        int[] extent = text.encode(grid);
        int[] image = {config.id(Emu3.IMAGE)};
        return Ids.join(begin, middle, open, extent, image);
    }

    @Override
    public PromptReader prompts(VocabularyLlama network, TextTokenizer text, Device device, Precision precision) {
        var ids = new PromptIds() {
            @Override
            public int[] conditional(String prompt, ImageSize size) {
                return promptIds(text, prompt, size);
            }

            @Override
            public int[] unconditional(String prompt, String negativePrompt, ImageSize size) {
                return promptIds(text, negativePrompt.isBlank() ? NEGATIVE_PROMPT : negativePrompt, size);
            }
        };
        return ids.reader(tokens -> network.prompt(tokens, device));
    }
}
