package org.sjd4j.training.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.training.data.CaptionedImage;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.data.ImageStore;
import org.sjd4j.vision.PatchTokenizer;

/**
 * Draws examples with their variations and encodes them.
 *
 * @param backgrounds how many of the named backgrounds each example is drawn on
 * @param moved how many moved and scaled copies
 * @param seed of these
 */
public record VariationEncoder(DataSet data, PatchTokenizer tokenizer, int backgrounds, int moved, long seed)
        implements ImageEncoder {
    private static final int DRAWN_AT_ONCE = 128;
    private static final int ENCODED_AT_ONCE = 64;

    /** {@inheritDoc} The drawn images of a data set may not fit into memory together. */
    @Override
    public int atOnce() {
        return DRAWN_AT_ONCE;
    }

    @Override
    public List<TokenizedImages.Image> encode(List<CaptionedImage> examples) {
        var store = ImageStore.draw(data, examples, backgrounds, moved, seed);
        var all = store.images();
        var result = new ArrayList<TokenizedImages.Image>();
        for (int begin = 0; begin < all.size(); begin += ENCODED_AT_ONCE) {
            var batch = all.subList(begin, Math.min(all.size(), begin + ENCODED_AT_ONCE));
            int[] codes = Tensors.inference(() -> Tensors.ints(tokenizer.encode(ImageStore.tensor(batch, store.size())
                    .to(tokenizer.codebook().device(), ScalarType.Float))));
            int length = codes.length / batch.size();
            for (int i = 0; i < batch.size(); i++) {
                var image = batch.get(i);
                int[] own = Arrays.copyOfRange(codes, i * length, (i + 1) * length);
                var example = image.example();
                result.add(new TokenizedImages.Image(
                        example.id(), image.caption(), image.otherCaptions(), example.split(), image.plain(), own));
            }
        }
        return result;
    }

    /**
     * Encodes as {@link ModelRun} does.
     *
     * @param imageTokenizer directory of a trained image tokenizer
     * @param backgrounds how many of the named backgrounds each example is drawn on
     * @param moved how many moved and scaled copies
     * @param seed of these
     * @throws org.sjd4j.tensor.CheckpointException if the image tokenizer cannot be read
     */
    public static ImageEncoder trained(DataSet data, Path imageTokenizer, int backgrounds, int moved, long seed) {
        LibTorch.load();
        var config = PatchTokenizer.Config.from(JsonConfig.read(imageTokenizer.resolve("config.json")))
                .withImageSize(data.size());
        Path file = imageTokenizer.resolve("model.safetensors");
        var weights = Weights.of(file.toString(), TensorFiles.read(file, ScalarType.Float, new Device("cpu")));
        return new VariationEncoder(data, new PatchTokenizer(config, weights), backgrounds, moved, seed);
    }
}
