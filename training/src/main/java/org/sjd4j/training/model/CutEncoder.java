package org.sjd4j.training.model;

import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.data.CaptionedImage;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.vision.ImageTokenizer;
import org.sjd4j.vision.Pixels;

/**
 * Encodes images of a folder with a published image tokenizer, one at a time, for they may be large.
 *
 * @param size of the pieces from their middles that are encoded
 */
public record CutEncoder(FolderDataSet data, ImageTokenizer tokenizer, ImageSize size, Device device)
        implements ImageEncoder {
    @Override
    public int atOnce() {
        return 1;
    }

    @Override
    public List<TokenizedImages.Image> encode(List<CaptionedImage> examples) {
        return examples.stream().map(this::encode).toList();
    }

    private TokenizedImages.Image encode(CaptionedImage example) {
        var piece = data.cut(example, size.width(), size.height());
        int[] codes = Tensors.inference(
                () -> Tensors.ints(tokenizer.encode(Pixels.image(piece).to(device, ScalarType.Float))));
        return new TokenizedImages.Image(example.id(), example.caption(), List.of(), example.split(), true, codes);
    }

    /**
     * Encodes as {@code PublishedDenoisingRun} does, with a published model's own image tokenizer.
     *
     * @param size of the pieces from the middles of the images that are encoded
     * @throws org.sjd4j.tensor.CheckpointException if the image tokenizer cannot be read
     */
    public static ImageEncoder published(FolderDataSet data, ModelDescription description, ImageSize size) {
        LibTorch.load();
        var tokenizer = PublishedDescription.loadImageTokenizer(description, ComputeDevice.CPU);
        return new CutEncoder(data, tokenizer, size, new Device("cpu"));
    }
}
