package org.sjd4j.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.api.Families;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.Table.Cell;
import org.sjd4j.family.raster.PromptSlots;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.training.data.CaptionedImage;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.data.EmojiDataSet;
import org.sjd4j.training.data.ImageStore;
import org.sjd4j.training.data.Split;
import org.sjd4j.training.tokenizer.TokenizerRun;
import org.sjd4j.vision.PatchTokenizer;

/**
 * How much a model makes of a prompt, on real images: what their codes cost with their caption, without one, and with
 * the captions of other images.
 *
 * <p>On images like those it learned from, a model whose distribution without a prompt is the average of those with
 * prompts cannot gain more from a caption than its entropy, ln(number of captions) per image: with two thousand captions
 * and 256 codes, 0.03 nats per code. More is gained where it errs without the prompt. What it has understood is seen
 * better by whether the right caption is the most probable of many.
 *
 * <p>Usage: {@code PromptFollowing LIMIT}, for the bundled model and at most so many images of its data set, held out and
 * trained on.
 */
public final class PromptFollowing implements AutoCloseable {
    private static final int OTHERS = 15;
    private static final long SEED = 1;

    private final NativeMemory<Networks> memory;
    private final PromptSlots prompts;
    private final DataSet data;

    private record Networks(RasterLlama model, PatchTokenizer vision) {}

    /**
     * What one image says.
     *
     * @param with nats per code with its caption
     * @param without nats per code with the empty prompt
     * @param rank of its caption among those of others in the same style, 0 being the most probable
     */
    public record Measured(double with, double without, int rank) {
        /** What the caption is worth, in nats per code. */
        public double gain() {
            return without - with;
        }
    }

    private PromptFollowing(NativeMemory<Networks> memory, PromptSlots prompts, DataSet data) {
        this.memory = memory;
        this.prompts = prompts;
        this.data = data;
    }

    /**
     * Loads a checkpoint, in float32 on the CPU, to be tried on a data set.
     *
     * @throws org.sjd4j.tensor.CheckpointException if it is malformed
     */
    public static PromptFollowing of(Path checkpoint, DataSet data) {
        var config = RasterLlama.Config.from(JsonConfig.read(checkpoint.resolve("config.json")));
        Path vision = checkpoint.resolve(TokenizerRun.RESULT);
        var visionConfig = PatchTokenizer.Config.from(JsonConfig.read(vision.resolve("config.json")));
        var words = WordTokenizer.read(checkpoint.resolve("tokenizer.json"));
        var memory = NativeMemory.of(() -> new Networks(
                new RasterLlama(config, weights(checkpoint)), new PatchTokenizer(visionConfig, weights(vision))));
        return new PromptFollowing(memory, new PromptSlots(words, config.promptSlots()), data);
    }

    private static Weights weights(Path directory) {
        Path file = directory.resolve("model.safetensors");
        return Weights.of(file.toString(), TensorFiles.read(file, ScalarType.Float, new Device("cpu")));
    }

    /** Measures. */
    public static void main(String[] arguments) {
        Path checkpoint = BundledModel.directory();
        int most = Integer.parseInt(arguments[0]);
        var data = EmojiDataSet.load(
                Families.describe(checkpoint).sizes().getFirst().width());
        try (var following = of(checkpoint, data)) {
            for (Split split : List.of(Split.HELD_OUT, Split.TRAIN)) {
                System.out.println(table(split, following.metric(split, most)).markdown());
            }
        }
    }

    private static Table table(Split split, List<Measured> images) {
        var columns = Table.columns(
                "count", "images",
                "with_prompt", "with their caption, nats/token",
                "without_prompt", "without",
                "gain", "difference",
                "first", "own caption first of " + (OTHERS + 1),
                "first_three", "among the first 3");
        var row = List.of(
                Cell.of(images.size()),
                mean(images, Measured::with),
                mean(images, Measured::without),
                mean(images, Measured::gain),
                Cell.share(share(images, 1)),
                Cell.share(share(images, 3)));
        String which = split == Split.TRAIN ? "trained on" : "held out";
        return new Table("Cross-entropy of real images, " + which, columns, List.of(row));
    }

    private static Cell mean(List<Measured> images, ToDoubleFunction<Measured> figure) {
        return Cell.of(Estimate.of(images.stream().mapToDouble(figure).toArray()), 4);
    }

    private static double share(List<Measured> images, int best) {
        return images.stream().filter(image -> image.rank() < best).count() / (double) images.size();
    }

    /**
     * Measures the plain images of a split.
     *
     * @param most images at most, evenly spread over the split
     */
    public List<Measured> metric(Split split, int most) {
        var examples = data.examples(split);
        int count = Math.min(most, examples.size());
        var measured = new ArrayList<Measured>();
        for (int i = 0; i < count; i++) {
            var example = examples.get((int) ((long) i * examples.size() / count));
            measured.add(Tensors.inference(() -> metric(example)));
        }
        return measured;
    }

    private Measured metric(CaptionedImage example) {
        var slots = new ArrayList<int[]>();
        slots.add(prompts.of(example.caption()).slots());
        slots.add(prompts.none());
        for (String caption : others(example)) {
            int[] other = prompts.of(caption).slots();
            if (!Arrays.equals(other, slots.getFirst())) { // the model could not tell them apart
                slots.add(other);
            }
        }
        double[] costs = costs(example, slots);
        int rank = 0;
        for (int i = 2; i < costs.length; i++) {
            if (costs[i] < costs[0]) {
                rank++;
            }
        }
        return new Measured(costs[0], costs[1], rank);
    }

    /** Captions of other images in the same style, so that the style alone gives nothing away. */
    private List<String> others(CaptionedImage example) {
        var captions = new ArrayList<>(data.examples().stream()
                .filter(other -> other.style().equals(example.style()))
                .map(CaptionedImage::caption)
                .filter(caption -> !caption.equals(example.caption()))
                .distinct()
                .toList());
        Collections.shuffle(captions, new Random(SEED + example.id().hashCode()));
        return captions.subList(0, Math.min(OTHERS, captions.size()));
    }

    /** Nats per code of an image with each of these prompts. */
    private double[] costs(CaptionedImage example, List<int[]> slots) {
        var image = ImageStore.plain(data, example);
        var model = memory.contents().model();
        var device = new Device("cpu");
        Tensor codes = memory.contents()
                .vision()
                .encode(ImageStore.tensor(List.of(image), data.size()))
                .view(1, -1)
                .to(ScalarType.Long)
                .expand(slots.size(), -1);
        int width = slots.getFirst().length;
        int[] flat = new int[slots.size() * width];
        for (int i = 0; i < slots.size(); i++) {
            System.arraycopy(slots.get(i), 0, flat, i * width, width);
        }
        Tensor words = Tensors.of(flat, slots.size(), width).to(device, ScalarType.Long);
        Tensor read = codes.narrow(1, 0, model.config().length() - 1L).contiguous();
        Tensor logits = model.imageLogits(words, model.project(model.codeEmbeddings(read)), model.rotations(device));
        float[] chosen = Tensors.floats(
                torch.log_softmax(logits, 2).gather(2, codes.unsqueeze(2)).squeeze(2));
        double[] costs = new double[slots.size()];
        int length = model.config().length();
        for (int i = 0; i < chosen.length; i++) {
            costs[i / length] -= chosen[i] / (double) length;
        }
        return costs;
    }

    /** Frees the networks. */
    @Override
    public void close() {
        memory.close();
    }
}
