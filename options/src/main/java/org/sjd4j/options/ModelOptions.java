package org.sjd4j.options;

import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Families;
import org.sjd4j.api.LoadOptions;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.TextToImage;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.bundled.ModelCatalogue;
import org.sjd4j.family.Defaults;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;
import picocli.CommandLine.Option;

/** Which model, and where it runs. */
public final class ModelOptions {
    @Option(
            names = "--model",
            paramLabel = "NAME|DIR",
            defaultValue = BundledModel.NAME,
            description =
                    "A name from 'sjd models', a checkpoint directory, or a repository's folder in the cache of the Hugging"
                            + " Face hub. Default: ${DEFAULT-VALUE}")
    private String model = BundledModel.NAME;

    @Option(
            names = "--device",
            paramLabel = "cpu|cuda",
            defaultValue = Converters.DEVICE,
            converter = Converters.Device.class,
            description = "Where the model runs. Default: the environment's SJD4J_DEVICE, or cpu")
    private ComputeDevice device = ComputeDevice.CPU;

    @Option(
            names = "--dtype",
            paramLabel = "D",
            converter = Converters.PrecisionName.class,
            description = "Dtype of the weights: float32, float16 (float32 sums), bfloat16 (slow where the CPU"
                    + " does not multiply it) or int8. Default: the fastest here that changes no more than rounding.")
    private @Nullable Precision precision;

    @Option(
            names = "--quantize",
            paramLabel = "int8",
            description = "The same as --dtype int8: a quarter of float32's memory, and slightly other logits.")
    private @Nullable String quantized;

    @Option(
            names = "--pass-rows",
            paramLabel = "N",
            converter = Converters.PassRows.class,
            description =
                    "Rows of every forward pass, over all images; what windows leave over is padded, and wider windows"
                            + " are narrowed. So rounding does not depend on the window. 0: as many as the windows have. Default: 64"
                            + " with --device cuda, 0 otherwise")
    private @Nullable Integer passRows;

    @Option(
            names = "--image-tokenizer",
            paramLabel = "DIR",
            description =
                    "Where a published model's image tokenizer is. Default: inside the model's directory or beside it.")
    private @Nullable Path imageTokenizer;

    @Option(
            names = "--adapter",
            paramLabel = "DIR",
            description =
                    "What makes better drafts, as 'sjd train denoising' leaves it: for the sjd2 decoders, the neighbour"
                            + " decoders, or both. Default: inside the model's directory.")
    private @Nullable Path adapter;

    private UnaryOperator<ModelDescription> view = UnaryOperator.identity();

    /** What the chosen model's directory says about it. */
    public ModelDescription description() {
        return view.apply(Families.describe(entry().directory(), imageTokenizer, adapter));
    }

    /** Puts something before the model: tests do, to keep it waiting. */
    public void seenThrough(UnaryOperator<ModelDescription> newView) {
        view = newView;
    }

    /** The parts that were chosen, as a recipe names them. */
    public Recipe.Parts parts() {
        return new Recipe.Parts(
                imageTokenizer == null ? null : imageTokenizer.toString(), adapter == null ? null : adapter.toString());
    }

    /** The model that was chosen, looked up. */
    public ModelCatalogue.Entry entry() {
        return ModelCatalogue.ofUser().find(model);
    }

    /** Where the model runs. */
    public ComputeDevice device() {
        return device;
    }

    /** What suits the model where it runs. */
    public Defaults defaults(ModelDescription description) {
        return description.defaults(device);
    }

    /** Loads the model: the first thing that needs LibTorch. */
    public TextToImage load(ModelDescription description) {
        var options = loadOptions(description);
        try {
            return TextToImage.open(description, options);
        } catch (IllegalArgumentException e) {
            throw new UserException("--device " + device + ": " + e.getMessage(), e);
        }
    }

    /** How the model is loaded. */
    public LoadOptions loadOptions(ModelDescription description) {
        return new LoadOptions(
                device, precision(description), passRows == null ? LoadOptions.passRows(device) : passRows);
    }

    /** The dtype that was chosen, or that suits the model. */
    public Precision precision(ModelDescription description) {
        if (quantized == null) {
            return precision == null ? description.defaultPrecision(device) : precision;
        }
        if (!quantized.equals(Precision.INT8.toString())) {
            throw new UserException("--quantize is '" + quantized + "', expected int8; other formats are a --dtype");
        }
        if (precision != null && precision != Precision.INT8) {
            throw new UserException("--quantize int8 contradicts --dtype " + precision + "; leave one of them out");
        }
        return Precision.INT8;
    }
}
