package org.sjd4j.family.chameleon;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Device;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.Defaults;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.PromptIds;
import org.sjd4j.family.PromptReader;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.family.Vqgan;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.llama.VocabularyLlama;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Weights;
import org.sjd4j.text.HuggingFaceText;
import org.sjd4j.text.TextTokenizer;
import org.sjd4j.vision.ImageTokenizer;

/**
 * A checkpoint of Lumina-mGPT, in the layout in which Alpha-VLLM publishes it or in that of Transformers' Chameleon, with
 * Meta's VQGAN in a directory of its own ({@code vqgan.ckpt}).
 *
 * <p>Prompt, sizes and guidance: {@code lumina_mgpt/inference_solver.py}.
 */
public final class ChameleonDescription extends PublishedDescription<VocabularyLlama> {
    private static final int PATCH = 16;
    private static final int SQUARE = PATCH * Chameleon.GRID;
    private static final double LONGEST_ASPECT = 4;
    private static final int PROMPT_ROOM = 104;
    private static final List<Integer> RELEASED = List.of(1024, 768, 512);
    private static final Pattern SIZE_IN_NAME = Pattern.compile("(?<!\\d)(512|768|1024)(?!\\d)");
    /** What the hub calls a snapshot, when it was copied out of its cache; digits in it mean nothing. */
    private static final Pattern REVISION = Pattern.compile("[0-9a-f]{40}");

    private static final String TEMPLATE = "Generate an image of %s according to the following prompt:\n%s";

    private final Chameleon.Config config;
    private final int positions;
    private final int side;
    private final @Nullable Path imageTokenizer;

    /**
     * Reads a checkpoint directory.
     *
     * @param imageTokenizer directory of the VQGAN, or nothing to look for it
     * @param adapter directory of what makes better drafts, or nothing to look in its own
     */
    public ChameleonDescription(
            Path directory, JsonConfig json, @Nullable Path imageTokenizer, @Nullable Path adapter) {
        super(directory, Chameleon.MODEL_TYPE, adapter);
        this.config = Chameleon.Config.from(json);
        this.imageTokenizer = imageTokenizer;
        this.positions = json.sizeOr("max_position_embeddings", 4096);
        this.side = side(directory, positions);
    }

    /** The side of the square image: what the directory is called, or the largest one that fits the positions. */
    private static int side(Path directory, int positions) {
        String name = HubCache.name(directory);
        var named = SIZE_IN_NAME.matcher(name);
        if (named.find() && !REVISION.matcher(name).matches()) {
            return Integer.parseInt(named.group(1));
        }
        for (int released : RELEASED) {
            if (rows(released) <= positions) {
                return released;
            }
        }
        int side = SQUARE;
        while (rows(side + SQUARE) <= positions) {
            side += SQUARE;
        }
        return side;
    }

    private static int rows(int side) {
        return side / PATCH * (side / PATCH + 1) + PROMPT_ROOM;
    }

    /** Sizes and ids of the language model. */
    public Chameleon.Config config() {
        return config;
    }

    @Override
    public List<ImageSize> sizes() {
        var sizes = new LinkedHashSet<ImageSize>();
        sizes.add(new ImageSize(side, side));
        sizes.addAll(sizes(side));
        return List.copyOf(sizes);
    }

    /** The sizes of at most as many squares as an image of this side has, widest first. */
    public static List<ImageSize> sizes(int side) {
        int most = side / SQUARE * (side / SQUARE);
        var sizes = new ArrayList<ImageSize>();
        int width = most;
        int height = 1;
        while (width > 0) {
            if (Math.max(width, height) <= LONGEST_ASPECT * Math.min(width, height)) {
                sizes.add(new ImageSize(width * SQUARE, height * SQUARE));
            }
            if ((height + 1) * width <= most) {
                height++;
            } else {
                width--;
            }
        }
        return sizes;
    }

    @Override
    public RasterLayout layout(ImageSize size) {
        return config.layout(size.height() / PATCH, size.width() / PATCH);
    }

    @Override
    public Defaults defaults(ComputeDevice device) {
        return defaults(new Sampling(4, 1, 2000, 1), device);
    }

    @Override
    public String licence() {
        return "Chameleon Research License (non-commercial), as its backbone";
    }

    @Override
    public VocabularyLlama network(Weights weights, Precision precision) {
        var network = Chameleon.network(config, weights, precision);
        weights.requireAllRead(Chameleon::isImageTokenizer);
        return network;
    }

    @Override
    public ImagePart imagePart() {
        return ImagePart.VQGAN;
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
        imageTokenizerFile();
    }

    @Override
    public HuggingFaceText text() {
        return HuggingFaceText.read(directory().resolve("tokenizer.json"));
    }

    @Override
    public ImageTokenizer vision(MappedCheckpoint weights, Device device) {
        return Vqgan.open(imageTokenizerFile(), device);
    }

    /** {@inheritDoc} It has this model's number of codes. */
    @Override
    public Path imageTokenizerFile() {
        return Vqgan.find(directory(), imageTokenizer, config.codes().size());
    }

    @Override
    public int positions() {
        return positions;
    }

    /** {@inheritDoc} The size of the image is part of it. */
    @Override
    public int[] promptIds(TextTokenizer text, String prompt, ImageSize size) {
        int[] words = text.encode(TEMPLATE.formatted(size, prompt));
        int[] start = start(size);
        int[] ids = new int[words.length + 2 + start.length];
        System.arraycopy(words, 0, ids, 1, words.length);
        ids[words.length + 1] = config.endOfTurn();
        System.arraycopy(start, 0, ids, words.length + 2, start.length);
        return ids;
    }

    /** What opens an image: height first. */
    public int[] start(ImageSize size) {
        return new int[] {config.startOfImage(), config.size(size.height() / SQUARE), config.size(size.width() / SQUARE)
        };
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
                return negativePrompt.isBlank() ? start(size) : promptIds(text, negativePrompt, size);
            }
        };
        return ids.reader(tokens -> network.prompt(tokens, device));
    }
}
