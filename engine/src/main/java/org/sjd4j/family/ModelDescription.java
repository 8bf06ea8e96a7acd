package org.sjd4j.family;

import java.nio.file.Path;
import java.util.List;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.proposal.ProposalFiles;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;

/**
 * All that a checkpoint directory says about its model, without the weights: reading it takes little and no LibTorch, so
 * that what a model cannot do is refused before it is loaded.
 */
public interface ModelDescription {

    /** Where the checkpoint is. */
    Path directory();

    /** The file, or the directory, with the language model's weights. */
    Path weightsFile();

    /**
     * The file, or the directory, with the image tokenizer's weights: that of the language model where they lie in one.
     *
     * @throws CheckpointException if there is none
     */
    Path imageTokenizerFile();

    /** The model's family, as {@code config.json} calls it. */
    String family();

    /** Sizes of the images that the model makes; the first one is its own. */
    List<ImageSize> sizes();

    /** The order of the tokens of an image of one of {@link #sizes()}. */
    RasterLayout layout(ImageSize size);

    /** What there is beside the weights that makes better drafts. */
    ProposalFiles proposals();

    /** Whether the model has what a decoder needs: to read noise, or a neighbour head. */
    default boolean supports(Decoder decoder, DecoderSettings settings) {
        boolean noise = decoder.denoises() && settings.denoisingSteps() > 0;
        return (!noise || proposals().denoising() != null)
                && (!decoder.correctsRows() || proposals().neighbour() != null);
    }

    /** What the checkpoint recommends, or what suits a model like it on a device. */
    Defaults defaults(ComputeDevice device);

    /** Number of weights of all parts together. */
    long parameters();

    /** The dtype that the model is computed in unless another one is asked for. */
    Precision defaultPrecision(ComputeDevice device);

    /** The dtype that an adapter is trained in unless another one is asked for. */
    Precision trainingPrecision();

    /**
     * Bytes of memory that the model needs, weights, cache and activations of one image together.
     *
     * @param precision of the matrix products
     */
    long bytesNeeded(Precision precision);

    /**
     * Bytes of memory that a further image takes while it is generated together with others: the keys and values of both
     * branches of guidance, for the largest size.
     */
    long bytesPerImage();

    /** Under which licence the weights were published, as far as it is known; their own model card says more. */
    String licence();

    /** Everything that keeps the model from being used: parts that are missing or do not fit, one line each. */
    List<String> problems();

    /** What becomes of a prompt's words. */
    PromptNotes notes(String prompt);

    /**
     * Loads the weights, on the thread that will own them.
     *
     * @throws CheckpointException if a file is malformed
     * @throws IllegalArgumentException if the device cannot be used
     */
    LoadedModel load(ComputeDevice device, Precision precision);

    /**
     * What becomes of a prompt's words, for models that were trained on few of them.
     *
     * @param unknown words that the model never saw
     * @param dropped how many known words find no room
     * @param meaningless whether no word is left that the model knows
     */
    record PromptNotes(List<String> unknown, int dropped, boolean meaningless) {
        /** All words are read. */
        public static final PromptNotes NONE = new PromptNotes(List.of(), 0, false);
    }
}
