package org.sjd4j.training.model;

import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.family.ModelParts;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Weights;
import org.sjd4j.training.data.CaptionedImage;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.vision.PatchTokenizer;

/** Turns examples of a data set into image codes. Its tensors belong to the scope that it was made in. */
public interface ImageEncoder {
    /** How many examples it likes to encode together. */
    int atOnce();

    /** Images of these examples as codes, in order, the variations of one next to each other. */
    List<TokenizedImages.Image> encode(List<CaptionedImage> examples);

    /**
     * Encodes as {@link ModelRun} does.
     *
     * @param imageTokenizer directory of a trained image tokenizer
     * @param backgrounds how many of the named backgrounds each example is drawn on
     * @param moved how many moved and scaled copies
     * @param seed of these
     * @throws org.sjd4j.tensor.CheckpointException if the image tokenizer cannot be read
     */
    static ImageEncoder trained(DataSet data, Path imageTokenizer, int backgrounds, int moved, long seed) {
        LibTorch.load();
        var config = PatchTokenizer.Config.from(JsonConfig.read(imageTokenizer.resolve("config.json")))
                .withImageSize(data.size());
        Path file = imageTokenizer.resolve("model.safetensors");
        var weights = Weights.of(file.toString(), TensorFiles.read(file, ScalarType.Float, new Device("cpu")));
        return new VariationEncoder(data, new PatchTokenizer(config, weights), backgrounds, moved, seed);
    }

    /**
     * Encodes as {@code PublishedDenoisingRun} does, with a published model's own image tokenizer.
     *
     * @param size of the pieces from the middles of the images that are encoded
     * @throws org.sjd4j.tensor.CheckpointException if the image tokenizer cannot be read
     */
    static ImageEncoder published(FolderDataSet data, ModelDescription description, ImageSize size) {
        LibTorch.load();
        var tokenizer = ModelParts.imageTokenizer(description, ComputeDevice.CPU);
        return new CutEncoder(data, tokenizer, size, new Device("cpu"));
    }
}
