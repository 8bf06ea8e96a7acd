package org.sjd4j.family.llamagen;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.Checkpoint;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.Companions;
import org.sjd4j.family.Defaults;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.PromptReader;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.PassThreads;
import org.sjd4j.tensor.PassThreads.Work;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Weights;
import org.sjd4j.text.CaptionCleaner;
import org.sjd4j.text.SentencePieceText;
import org.sjd4j.text.TextTokenizer;
import org.sjd4j.vision.ImageTokenizer;
import org.sjd4j.vision.VqganTokenizer;

/**
 * A directory with a checkpoint of LlamaGen's text-to-image model ({@code t2i_XL_stage1_256.pt}), which has no
 * configuration file: sizes are read off the tensors, or from a {@code config.json} with the arguments of the original
 * class. Its image tokenizer ({@code vq_ds16_t2i.pt}) and its T5 encoder lie beside it.
 *
 * <p>Prompt and guidance: {@code autoregressive/sample/sample_t2i.py}.
 */
public final class LlamaGenDescription extends PublishedDescription<LlamaGen> {
    private static final int PATCH = 16;
    private static final String CONFIG = "config.json";
    private static final String CODEBOOK = "quantize.embedding.weight";
    private static final String VOCABULARY = "spiece.model";
    private static final String MARK = "cls_embedding.uncond_embedding";
    private static final List<String> ENDINGS = List.of(".safetensors", ".pt");

    private final Path file;
    private final LlamaGen.Config config;
    private final @Nullable Path imageTokenizer;

    /**
     * Reads a directory that {@link #recognises} accepts.
     *
     * @param imageTokenizer directory of the image tokenizer, or nothing to look for it
     * @param adapter directory of what makes better drafts, or nothing to look in its own
     */
    public LlamaGenDescription(Path directory, @Nullable Path imageTokenizer, @Nullable Path adapter) {
        super(directory, LlamaGen.MODEL_TYPE, adapter);
        Path found = file(directory);
        if (found == null) {
            throw new CheckpointException(
                    directory.toString(), "no model of LlamaGen", "a file with " + MARK, "check the path");
        }
        this.file = found;
        this.imageTokenizer = imageTokenizer;
        Path json = directory.resolve(CONFIG);
        this.config = CheckpointFile.isThere(json) ? LlamaGen.Config.from(JsonConfig.read(json)) : fromTensors(found);
    }

    /**
     * Whether a directory holds such a model: one file with the tensors of a caption embedding.
     *
     * @throws CheckpointException if that may be, but none of its files can be read
     */
    public static boolean recognises(Path directory) {
        Path json = directory.resolve(CONFIG);
        return CheckpointFile.isThere(json) ? JsonConfig.read(json).has("cls_token_num") : file(directory) != null;
    }

    /** The first file with such a model. Why a file cannot be read matters only if no other one is the model. */
    private static @Nullable Path file(Path directory) {
        @Nullable CheckpointException reason = null;
        for (Path path : candidates(directory)) {
            try (var checkpoint = Checkpoint.open(path)) {
                if (checkpoint.contains(MARK)) {
                    return path;
                }
            } catch (CheckpointException e) {
                reason = reason == null ? e : reason;
            }
        }
        if (reason != null) {
            throw reason;
        }
        return null;
    }

    private static List<Path> candidates(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        var files = new ArrayList<Path>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(files::add);
        } catch (IOException e) {
            throw new CheckpointException(
                    directory.toString(),
                    "a directory that cannot be listed",
                    "a checkpoint",
                    "check its permissions",
                    e);
        }
        files.sort(null);
        var candidates = new ArrayList<Path>();
        for (String ending : ENDINGS) {
            files.stream().filter(path -> path.toString().endsWith(ending)).forEach(candidates::add);
        }
        return candidates;
    }

    /** Sizes by the shapes of the tensors; the size of a head is the one of the published models. */
    private static LlamaGen.Config fromTensors(Path file) {
        try (var checkpoint = Checkpoint.open(file)) {
            int[] table = checkpoint.sizes("tok_embeddings.weight", 2);
            int[] caption = checkpoint.sizes(MARK, 2);
            int hidden = table[1];
            int layers = 0;
            while (checkpoint.contains("layers." + layers + ".attention.wqkv.weight")) {
                layers++;
            }
            int heads = hidden == 3200 || hidden == 4096 ? 32 : Math.max(1, hidden / 64);
            if (hidden % heads != 0 || hidden / heads % 4 != 0) {
                throw new CheckpointException(
                        file.toString(),
                        "rows of " + hidden,
                        "the width of a published model, or a config.json with dim and n_head",
                        "put the model's arguments into a config.json");
            }
            var llama = new LlamaConfig(
                    hidden,
                    layers,
                    heads,
                    heads,
                    hidden / heads,
                    checkpoint.sizes("layers.0.feed_forward.w1.weight", 2)[0],
                    1e-5,
                    10000,
                    LlamaConfig.Rotary.NEIGHBOURS,
                    LlamaConfig.QueryKeyNorm.NONE,
                    LlamaConfig.NormOrder.BEFORE);
            int grid = String.valueOf(file.getFileName()).contains("512") ? 32 : 16;
            return new LlamaGen.Config(llama, table[0], caption[1], caption[0], grid);
        }
    }

    /** Sizes of the language model. */
    public LlamaGen.Config config() {
        return config;
    }

    @Override
    public List<ImageSize> sizes() {
        return List.of(new ImageSize(config.grid() * PATCH, config.grid() * PATCH));
    }

    @Override
    public RasterLayout layout(ImageSize size) {
        return config.layout();
    }

    @Override
    public Defaults defaults(ComputeDevice device) {
        return defaults(new Sampling(7.5, 1, 1000, 1), device);
    }

    @Override
    public String licence() {
        return "MIT; its T5 encoder Apache-2.0";
    }

    @Override
    public LlamaGen network(Weights weights, Precision precision) {
        var network = new LlamaGen(config, weights, precision);
        weights.requireAllRead(name -> name.equals("freqs_cis") || name.equals("causal_mask"));
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
        textEncoder();
        imageTokenizerFile();
    }

    @Override
    public SentencePieceText text() {
        return SentencePieceText.read(textEncoder().resolve(VOCABULARY));
    }

    @Override
    public ImageTokenizer vision(MappedCheckpoint weights, Device device) {
        return vision(imageTokenizerFile(), device);
    }

    private Path textEncoder() {
        return Companions.find(directory(), null, this::fitsEncoder, "T5 encoder (flan-t5-xl)", "a directory t5 in it");
    }

    @Override
    public Path imageTokenizerFile() {
        return Companions.find(
                directory(),
                imageTokenizer,
                this::holdsVision,
                "VQ-16 image tokenizer (vq_ds16_t2i.pt)",
                "--image-tokenizer");
    }

    @Override
    public Path weightsFile() {
        return file;
    }

    private boolean fitsEncoder(Path candidate) {
        if (!Companions.isOfType(candidate, T5Encoder.MODEL_TYPE)) {
            return false;
        }
        int width = T5Encoder.Config.from(JsonConfig.read(candidate.resolve(CONFIG)))
                .hidden();
        if (width != config.captionWidth()) {
            throw new CheckpointException(
                    candidate.toString(),
                    "a T5 encoder with features of " + width,
                    "one with " + config.captionWidth() + ", which the model reads",
                    "use the one that belongs to the model");
        }
        CheckpointFile.requireBinary(candidate.resolve(VOCABULARY), "the text encoder's tokenizer");
        try (var checkpoint = Checkpoint.open(candidate)) {
            checkpoint.info("shared.weight");
        }
        return true;
    }

    private boolean holdsVision(Path candidate) {
        Path found = visionFile(candidate);
        if (found != null) {
            Companions.requireCodes(found, CODEBOOK, config.codes());
        }
        return found != null;
    }

    private static @Nullable Path visionFile(Path directory) {
        return Companions.firstFile(directory, "vq_ds16_t2i.safetensors", "vq_ds16_t2i.pt");
    }

    /** The text encoder of a directory. */
    public static T5Encoder t5(Path directory, Device device, Precision precision) {
        var config = T5Encoder.Config.from(JsonConfig.read(directory.resolve(CONFIG)));
        try (var mapped = MappedCheckpoint.open(directory)) {
            var weights = mapped.copies(name -> !T5Encoder.isDecoder(name), precision.products(), device);
            return new T5Encoder(config, weights, precision.products());
        }
    }

    private static ImageTokenizer vision(Path directory, Device device) {
        Path file = visionFile(directory);
        if (file == null) {
            throw new IllegalArgumentException("no image tokenizer in " + directory);
        }
        try (var mapped = MappedCheckpoint.open(file)) {
            var weights = mapped.copies(name -> true, ScalarType.Float, device);
            return new VqganTokenizer(weights, VqganTokenizer.Names.LLAMAGEN, true);
        }
    }

    /** {@inheritDoc} Captions are cut, not refused. */
    @Override
    public int positions() {
        return Integer.MAX_VALUE;
    }

    @Override
    public int promptTokens(TextTokenizer text, String prompt) {
        return captionIds(text, prompt).length;
    }

    @Override
    public int[] promptIds(TextTokenizer text, String prompt, ImageSize size) {
        return captionIds(text, prompt);
    }

    private int[] captionIds(TextTokenizer text, String prompt) {
        int[] ids = text.encode(CaptionCleaner.clean(CaptionCleaner.clean(prompt)));
        int most = config.captionRows();
        if (ids.length <= most) {
            return ids;
        }
        int[] cut = Arrays.copyOf(ids, most);
        cut[most - 1] = ids[ids.length - 1]; // the end of the text stays
        return cut;
    }

    @Override
    public PromptReader prompts(LlamaGen network, TextTokenizer text, Device device, Precision precision) {
        var t5 = t5(textEncoder(), device, precision);
        return new PromptReader() {
            @Override
            public ImageTokenNetwork.Prompt conditional(String prompt, ImageSize size) {
                return network.prompt(features(prompt));
            }

            @Override
            public ImageTokenNetwork.Prompt unconditional(String prompt, String negativePrompt, ImageSize size) {
                return negativePrompt.isBlank()
                        ? network.unconditional(captionIds(text, prompt).length)
                        : network.prompt(features(negativePrompt));
            }

            private Tensor features(String prompt) {
                int[] ids = captionIds(text, prompt);
                long products = ids.length * t5.config().parameters();
                return PassThreads.current()
                        .run(Work.TEXT, products, () -> t5.encode(ids, device).squeeze(0));
            }
        };
    }
}
