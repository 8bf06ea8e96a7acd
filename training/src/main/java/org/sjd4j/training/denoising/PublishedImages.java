package org.sjd4j.training.denoising;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelParts;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.data.Split;
import org.sjd4j.training.model.TokenizedImages;

/**
 * Images for a published model, whose prompts differ in length: every image is a group of its own. One caption in ten
 * is dropped, for classifier-free guidance: the prompt is then the model's own unconditional one.
 */
final class PublishedImages implements ImageGroups<ImageTokenNetwork> {
    private static final double DROPPED = 0.1;
    private static final int VALIDATION = 8;

    private final List<TokenizedImages.Image> images;
    private final List<TokenizedImages.Image> heldOut;
    private final ModelParts model;
    private final ImageSize size;
    private final RasterLayout layout;
    private final int batch;
    private final long seed;
    private final Device device;

    /**
     * Groups of one image.
     *
     * @param model reads the captions
     * @param size of all images
     * @param layout of an image of that size
     * @param batch images of a step
     */
    PublishedImages(
            TokenizedImages images,
            ModelParts model,
            ImageSize size,
            RasterLayout layout,
            int batch,
            long seed,
            Device device) {
        this.images = images.of(Split.TRAIN);
        this.heldOut = images.of(Split.HELD_OUT).stream().limit(VALIDATION).toList();
        this.model = model;
        this.size = size;
        this.layout = layout;
        this.batch = batch;
        this.seed = seed;
        this.device = device;
    }

    @Override
    public List<ImageGroup<ImageTokenNetwork>> training(long step) {
        var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step);
        var groups = new ArrayList<ImageGroup<ImageTokenNetwork>>();
        for (int i = 0; i < batch; i++) {
            var image = images.get(random.nextInt(images.size()));
            groups.add(group(image, random.nextDouble() < DROPPED));
        }
        return groups;
    }

    @Override
    public List<ImageGroup<ImageTokenNetwork>> validation() {
        return heldOut.stream().map(image -> group(image, false)).toList();
    }

    private ImageGroup<ImageTokenNetwork> group(TokenizedImages.Image image, boolean dropped) {
        int[] tokens = layout.tokens(image.codes());
        Tensor row = Tensors.of(tokens, 1, tokens.length).to(device, ScalarType.Long);
        return new ImageGroup<>(
                row,
                network -> Tensors.ungraded(() -> dropped
                        ? model.unconditional(image.caption(), size)
                        : model.conditional(image.caption(), size)));
    }
}
