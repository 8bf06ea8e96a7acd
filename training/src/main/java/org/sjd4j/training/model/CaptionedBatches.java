package org.sjd4j.training.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.family.raster.PromptSlots;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.data.Split;
import org.sjd4j.training.loop.TrainingException;
import org.sjd4j.training.model.TokenizedImages.Image;

/**
 * Batches of {@link TokenizedImages}. Every example is equally likely; four times in ten it is plain, otherwise
 * one of its variations. One caption in ten is dropped, for classifier-free guidance; of one plain image in ten only the part
 * up to the first comma is told, so that a prompt may leave the style open. Where an image has other captions, six in ten of
 * the rest are one of them.
 */
public final class CaptionedBatches implements TokenBatches {
    private static final double PLAIN = 0.4;
    private static final double DROPPED = 0.1;
    private static final double SHORTENED = 0.1;
    private static final double OTHERWISE = 0.6;
    private static final int VALIDATION = 96;

    private final List<List<Image>> examples = new ArrayList<>();
    private final List<Image> validation = new ArrayList<>();
    private final PromptSlots prompts;
    private final int batch;
    private final long seed;
    private final Device device;

    /** Batches of {@code batch} images. */
    public CaptionedBatches(TokenizedImages images, PromptSlots prompts, int batch, long seed, Device device) {
        this.prompts = prompts;
        this.batch = batch;
        this.seed = seed;
        this.device = device;
        examples.addAll(byExample(images.of(Split.TRAIN)));
        var heldOut = byExample(images.of(Split.HELD_OUT));
        if (examples.isEmpty() || heldOut.isEmpty()) {
            throw new TrainingException("the data set needs images to train on and held-out ones, found "
                    + examples.size() + " and " + heldOut.size() + " examples");
        }
        for (int i = 0; i < heldOut.size() && validation.size() < VALIDATION; i++) {
            var variations = heldOut.get(i);
            validation.add(variations.get(i % 2 == 0 ? 0 : i / 2 % variations.size()));
        }
    }

    private static List<List<Image>> byExample(List<Image> images) {
        var groups = new LinkedHashMap<String, List<Image>>();
        for (var image : images) {
            groups.computeIfAbsent(image.id(), id -> new ArrayList<>()).add(image);
        }
        return List.copyOf(groups.values());
    }

    @Override
    public Batch training(long step) {
        var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step);
        var chosen = new ArrayList<Image>();
        var words = new ArrayList<int[]>();
        for (int i = 0; i < batch; i++) {
            var variations = examples.get(random.nextInt(examples.size()));
            boolean plain = random.nextDouble() < PLAIN || variations.size() == 1;
            var image = variations.get(plain ? 0 : 1 + random.nextInt(variations.size() - 1));
            chosen.add(image);
            words.add(told(image, random));
        }
        return new Batch(tensor(words), codes(chosen));
    }

    private int[] told(Image image, RandomGenerator random) {
        double chance = random.nextDouble();
        if (chance < DROPPED) {
            return prompts.none();
        }
        int comma = image.caption().indexOf(',');
        if (image.plain() && comma > 0 && chance < DROPPED + SHORTENED) {
            return prompts.of(image.caption().substring(0, comma)).slots();
        }
        var others = image.otherCaptions();
        if (!others.isEmpty() && random.nextDouble() < OTHERWISE) {
            return prompts.of(others.get(random.nextInt(others.size()))).slots();
        }
        return slots(image);
    }

    private int[] slots(Image image) {
        return prompts.of(image.caption()).slots();
    }

    @Override
    public Batch validation() {
        return new Batch(tensor(validation.stream().map(this::slots).toList()), codes(validation));
    }

    @Override
    public Tensor nullPrompts() {
        return tensor(validation.stream().map(image -> prompts.none()).toList());
    }

    private Tensor codes(List<Image> images) {
        return tensor(images.stream().map(Image::codes).toList());
    }

    private Tensor tensor(List<int[]> rows) {
        int width = rows.getFirst().length;
        int[] flat = new int[rows.size() * width];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(rows.get(i), 0, flat, i * width, width);
        }
        return Tensors.of(flat, rows.size(), width).to(device, ScalarType.Long);
    }
}
