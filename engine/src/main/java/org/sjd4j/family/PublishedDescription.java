package org.sjd4j.family;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Initialisation;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.proposal.ProposalFiles;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.text.TextTokenizer;
import org.sjd4j.vision.ImageTokenizer;

/**
 * What all descriptions of published models share.
 *
 * @param <N> the family's network
 */
public abstract class PublishedDescription<N extends ImageTokenNetwork> implements ModelDescription, PromptLimits {
    /** Weights from which on a model is computed in bfloat16 unless something else is asked for. */
    private static final long LARGE = 2_000_000_000L;

    /**
     * Rows of a window. Where weights of gigabytes are read for every pass, a few rows cost little more than one; then the
     * time grows with them, on a CPU from four guided rows on (docs/results.md).
     */
    private static final int CPU_WINDOW = 4;

    private static final int GPU_WINDOW = 64;

    private static final int PROMPT_ROWS = 128;
    private static final int LONG_PROMPT_ROWS = 1024;
    private static final int BRANCHES = 2;

    private final Path directory;
    private final String family;
    private final ProposalFiles proposals;

    /**
     * The common part of a description.
     *
     * @param adapter directory of what makes better drafts, or nothing to look in its own
     * @throws org.sjd4j.tensor.CheckpointException if the adapter's files are missing or malformed
     */
    public PublishedDescription(Path directory, String family, @Nullable Path adapter) {
        this.directory = directory;
        this.family = family;
        this.proposals = ProposalFiles.of(directory, adapter);
    }

    @Override
    public final Path directory() {
        return directory;
    }

    @Override
    public final String family() {
        return family;
    }

    @Override
    public Precision defaultPrecision(ComputeDevice device) {
        return parameters() < LARGE ? Precision.forSmallModels(device) : Precision.forLargeModels(device);
    }

    /** {@inheritDoc} Weights of a large model stay in their files. */
    @Override
    public Precision trainingPrecision() {
        return parameters() < LARGE ? Precision.FLOAT32 : Precision.BFLOAT16;
    }

    /** {@inheritDoc} Weights that lie in their files need no memory that cannot be given back, but they must fit. */
    @Override
    public long bytesNeeded(Precision precision) {
        var size = sizes().getFirst();
        long weights = parameters() * precision.bytesPerWeight();
        long cache = cacheBytes(layout(size).length() + PROMPT_ROWS);
        return MemoryGuard.BASE + weights + cache + imagePart().bytes(size);
    }

    /** {@inheritDoc} With a long prompt, as far as the model's positions reach. */
    @Override
    public long bytesPerImage() {
        int longest =
                sizes().stream().mapToInt(size -> layout(size).length()).max().orElseThrow();
        return cacheBytes(Math.max(longest, Math.min(positions(), longest + LONG_PROMPT_ROWS)));
    }

    private long cacheBytes(int rows) {
        return 2L * BRANCHES * llama().layers() * llama().keyWidth() * rows * Float.BYTES;
    }

    /**
     * What turning codes into pixels takes, by {@code benchmarks/decoders}.
     *
     * @param weights bytes of the image tokenizer in float32
     * @param perPixel bytes of activations at their peak
     */
    public record ImagePart(long weights, long perPixel) {
        /** VQGAN's, of Chameleon and LlamaGen and Janus. */
        public static final ImagePart VQGAN = new ImagePart(288_000_000, 2700);

        /** Emu3's MoVQ. */
        public static final ImagePart MOVQ = new ImagePart(1_083_000_000, 8000);

        long bytes(ImageSize size) {
            return weights + perPixel * size.width() * size.height();
        }
    }

    /** Memory of the image tokenizer. */
    public abstract ImagePart imagePart();

    @Override
    public List<String> problems() {
        return Problems.of(this::checkWeights, () -> text().close(), this::checkCompanions);
    }

    /** Builds the language model over mapped weights, so that a tensor that is missing, unread or mis-shaped is found. */
    private void checkWeights() {
        var owner = new OwnerThread("sjd4j-inspect");
        try {
            owner.call(() -> {
                try (var weights = MappedCheckpoint.open(weightsFile());
                        var network = NativeMemory.of(() -> network(weights.weights(), Precision.BFLOAT16))) {
                    return network.contents().stack().config();
                }
            });
        } finally {
            owner.close();
        }
    }

    @Override
    public Path weightsFile() {
        return directory;
    }

    /**
     * The language model over these tensors.
     *
     * @throws org.sjd4j.tensor.CheckpointException if one is missing, mis-shaped, or read by nothing
     */
    public abstract N network(Weights weights, Precision precision);

    /** The stack of the language model. */
    public abstract LlamaConfig llama();

    @Override
    public PromptNotes notes(String prompt) {
        return PromptNotes.NONE;
    }

    /** Rows that the model was trained to look back on; {@link Integer#MAX_VALUE} if it does not say. */
    public abstract int positions();

    /** The ids of a prompt up to the image, template included. */
    public abstract int[] promptIds(TextTokenizer text, String prompt, ImageSize size);

    /** Tokens that the model reads of a prompt, without its template. */
    @Override
    public int promptTokens(TextTokenizer text, String prompt) {
        return text.encode(prompt).length;
    }

    /**
     * Tokens that a prompt may have before an image of a size. Where the image alone takes more positions than the model
     * says it has, what it says is no limit.
     */
    @Override
    public final int longestPrompt(TextTokenizer text, ImageSize size) {
        if (positions() == Integer.MAX_VALUE) {
            return Integer.MAX_VALUE;
        }
        int read = layout(size).length() - 1; // the last token is generated, but never read
        int left = positions() - read - promptIds(text, "", size).length;
        return left > 0 ? left : Integer.MAX_VALUE;
    }

    /** The recommendations of a model that has none in its files. */
    public static Defaults defaults(Sampling sampling, ComputeDevice device) {
        int window = device == ComputeDevice.CPU ? CPU_WINDOW : GPU_WINDOW;
        return new Defaults(
                Decoders.SJD_EXACT,
                DecoderSettings.DEFAULT.withWindow(window).withInitialisation(Initialisation.ABOVE),
                sampling);
    }

    /**
     * Finds the parts that lie elsewhere, so that one that is missing is told before anything large is read.
     *
     * @throws org.sjd4j.tensor.CheckpointException if one is missing
     */
    public abstract void findCompanions();

    /** The tokenizer of prompts. */
    public abstract TextTokenizer text();

    /**
     * The image tokenizer.
     *
     * @param weights the checkpoint, which may hold it as well
     */
    public abstract ImageTokenizer vision(MappedCheckpoint weights, Device device);

    /** The image tokenizer alone, which belongs to the caller's scope. */
    public final ImageTokenizer imageTokenizer(ComputeDevice device) {
        try (var weights = MappedCheckpoint.open(weightsFile())) {
            return checkedVision(weights, LibTorch.device(device));
        }
    }

    /**
     * The image tokenizer, after it turned one code into pixels: what it lacks is told before an image was generated.
     *
     * @throws CheckpointException if a tensor is missing or mis-shaped, or a code becomes another number of pixels
     */
    private ImageTokenizer checkedVision(MappedCheckpoint weights, Device device) {
        ImageTokenizer vision = vision(weights, device);
        var size = sizes().getFirst();
        int patch = size.width() / layout(size).columns();
        long[] pixels = Tensors.inference(
                () -> vision.decode(Tensors.of(new int[1], 1, 1, 1).to(device, ScalarType.Long))
                        .shape());
        if (!Arrays.equals(pixels, new long[] {1, 3, patch, patch})) {
            throw new CheckpointException(
                    imageTokenizerFile().toString(),
                    "an image tokenizer that makes " + pixels[2] + "x" + pixels[3] + " pixels of a code",
                    patch + "x" + patch,
                    "use the one that belongs to the model");
        }
        return vision;
    }

    /** Looks for the parts that lie elsewhere, and tries the image tokenizer. */
    private void checkCompanions() {
        findCompanions();
        var owner = new OwnerThread("sjd4j-inspect");
        try {
            owner.call(() -> {
                try (var weights = MappedCheckpoint.open(weightsFile());
                        var vision =
                                NativeMemory.of(() -> checkedVision(weights, LibTorch.device(ComputeDevice.CPU)))) {
                    return vision.contents().codes();
                }
            });
        } finally {
            owner.close();
        }
    }

    @Override
    public final ProposalFiles proposals() {
        return proposals;
    }

    /** How prompts are read. */
    public abstract PromptReader prompts(N network, TextTokenizer text, Device device, Precision precision);

    @Override
    public final PublishedModel load(ComputeDevice device, Precision precision) {
        findCompanions();
        var text = text();
        return new PublishedModel(this, MappedCheckpoint.open(weightsFile()), text, weights -> {
            Device where = LibTorch.device(device);
            N network = network(weights.on(where), precision);
            return new PublishedModel.Parts(
                    network,
                    proposals.load(family, network, where, precision),
                    checkedVision(weights, where),
                    prompts(network, text, where, precision),
                    where);
        });
    }

    /**
     * Loads a published model, to be trained.
     *
     * @throws IllegalArgumentException if it is of the bundled model's family, or the device cannot be used
     * @throws TooLittleMemoryException if it does not fit into memory
     * @throws org.sjd4j.tensor.CheckpointException if a part is missing or malformed
     */
    public static ModelParts loadParts(ModelDescription description, ComputeDevice device, Precision precision) {
        var published = published(description);
        MemoryGuard.require(description.bytesNeeded(precision), MemoryGuard.available(device), device);
        return published.load(device, precision);
    }

    /**
     * Loads the image tokenizer of a published model without the rest. Its tensors belong to the caller's scope.
     *
     * @throws IllegalArgumentException if the model is of the bundled model's family, or the device cannot be used
     * @throws org.sjd4j.tensor.CheckpointException if the image tokenizer is missing or malformed
     */
    public static ImageTokenizer loadImageTokenizer(ModelDescription description, ComputeDevice device) {
        return published(description).imageTokenizer(device);
    }

    private static PublishedDescription<?> published(ModelDescription description) {
        if (description instanceof PublishedDescription<?> published) {
            return published;
        }
        throw new IllegalArgumentException(description.directory() + " is no published model");
    }
}
