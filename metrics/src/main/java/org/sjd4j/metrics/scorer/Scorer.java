package org.sjd4j.metrics.scorer;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.metrics.FeatureExtractor;
import org.sjd4j.metrics.FeatureStatistics;
import org.sjd4j.metrics.TextImageMetric;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.vision.BicubicResize;
import org.sjd4j.vision.Pixels;

/**
 * A trained {@link ScorerNetwork}: a metric of captioned images like those that it was trained on, and the features of
 * images whose distributions are compared. Neither its scores nor its distances can be compared with those of CLIP and
 * InceptionV3.
 */
public final class Scorer implements TextImageMetric, FeatureExtractor {
    /** Statistics of the features of the images that it was trained on and of those held out, beside its weights. */
    public static final String REFERENCE = "reference.safetensors";

    private static final int AT_ONCE = 32;

    private final String name;
    private final OwnerThread owner;
    private final NativeMemory<ScorerNetwork> memory;
    private final CaptionWords captions;

    private Scorer(String name, OwnerThread owner, NativeMemory<ScorerNetwork> memory, CaptionWords captions) {
        this.name = name;
        this.owner = owner;
        this.memory = memory;
        this.captions = captions;
    }

    /** Whether a directory holds such a network, by its {@code config.json}. */
    public static boolean recognises(Path directory) {
        Path config = HubCache.resolve(directory).resolve("config.json");
        return CheckpointFile.isThere(config)
                && JsonConfig.read(config).textOr("model_type", "").equals(ScorerNetwork.MODEL_TYPE);
    }

    /**
     * Loads a network.
     *
     * @throws CheckpointException if a file is missing or malformed
     */
    public static Scorer open(Path path) {
        Path directory = HubCache.resolve(path);
        var json = JsonConfig.read(directory.resolve("config.json"));
        String type = json.textOr("model_type", "none");
        if (!type.equals(ScorerNetwork.MODEL_TYPE)) {
            throw json.wrong("model_type", type, ScorerNetwork.MODEL_TYPE);
        }
        var config = ScorerNetwork.Config.from(json);
        Path vocabulary = directory.resolve("tokenizer.json");
        var words = WordTokenizer.read(vocabulary);
        if (words.size() != config.words()) {
            throw new CheckpointException(
                    vocabulary.toString(),
                    words.size() + " words",
                    "the network's " + config.words(),
                    "use the tokenizer.json that belongs to this network");
        }
        Path file = directory.resolve("model.safetensors");
        var owner = new OwnerThread("sjd4j-scorer");
        try {
            var memory = owner.call(() -> NativeMemory.of(() -> {
                var tensors = TensorFiles.read(file, ScalarType.Float, new Device("cpu"));
                return new ScorerNetwork(config, Weights.of(file.toString(), tensors));
            }));
            String name = "scorer@" + fingerprint(file);
            return new Scorer(name, owner, memory, new CaptionWords(words, config.slots()));
        } catch (RuntimeException | Error e) {
            owner.close();
            throw e;
        }
    }

    /** Digits that tell other weights apart. */
    private static String fingerprint(Path file) {
        try {
            var sum = new CRC32();
            sum.update(Files.readAllBytes(file));
            return HexFormat.of().toHexDigits((int) sum.getValue());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    @Override
    public String name() {
        return name;
    }

    /**
     * The statistics that lie beside its weights.
     *
     * @param directory of this scorer
     * @throws CheckpointException if there are none, or they are of other weights
     */
    public FeatureStatistics reference(Path directory) {
        return FeatureStatistics.read(HubCache.resolve(directory).resolve(REFERENCE), name, dimensions());
    }

    @Override
    public int dimensions() {
        return memory.contents().config().features();
    }

    @Override
    public List<float[]> features(List<BufferedImage> images) {
        var rows = new ArrayList<float[]>();
        for (int begin = 0; begin < images.size(); begin += AT_ONCE) {
            var some = images.subList(begin, Math.min(images.size(), begin + AT_ONCE));
            rows.addAll(owner.call(() -> Tensors.inference(() -> {
                Tensor seen = memory.contents().features(tensor(some));
                var result = new ArrayList<float[]>();
                for (int i = 0; i < some.size(); i++) {
                    result.add(Tensors.floats(seen.select(0, i)));
                }
                return result;
            })));
        }
        return rows;
    }

    private Tensor tensor(List<BufferedImage> images) {
        int side = memory.contents().config().imageSize();
        return Tensors.cat(
                0,
                images.stream()
                        .map(image -> Pixels.image(BicubicResize.resize(image, side, side)))
                        .toArray(Tensor[]::new));
    }

    @Override
    public float[] image(BufferedImage image) {
        return owner.call(() -> Tensors.inference(() -> {
            var network = memory.contents();
            return Tensors.floats(network.images(network.features(tensor(List.of(image)))));
        }));
    }

    /** The embedding of a caption, of length 1. Words that it never saw, and more than it has slots for, do not count. */
    @Override
    public float[] text(String caption) {
        int[] ids = captions.ids(List.of(caption));
        return owner.call(() -> Tensors.inference(
                () -> Tensors.floats(memory.contents().captions(Tensors.of(ids, 1, 2, ids.length / 2)))));
    }

    @Override
    public double scale() {
        return owner.call(
                () -> Tensors.inference(() -> memory.contents().scale().item_double()));
    }

    @Override
    public void close() {
        owner.close(memory::close);
    }
}
