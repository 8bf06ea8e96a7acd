package org.sjd4j.family;

import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;
import org.sjd4j.vision.ImageTokenizer;

/**
 * A published model taken apart, for training. Nothing of it may be written to, for its weights lie in their files; all
 * calls must come from the thread that loaded it.
 */
public interface ModelParts extends AutoCloseable {

    /**
     * Loads a published model.
     *
     * @throws IllegalArgumentException if it is of the bundled model's family, or the device cannot be used
     * @throws TooLittleMemoryException if it does not fit into memory
     * @throws org.sjd4j.tensor.CheckpointException if a part is missing or malformed
     */
    static ModelParts load(ModelDescription description, ComputeDevice device, Precision precision) {
        var published = published(description);
        MemoryGuard.require(description.bytesNeeded(precision), MemoryGuard.available());
        return published.load(device, precision);
    }

    /**
     * Loads the image tokenizer of a published model without the rest. Its tensors belong to the caller's scope.
     *
     * @throws IllegalArgumentException if the model is of the bundled model's family, or the device cannot be used
     * @throws org.sjd4j.tensor.CheckpointException if the image tokenizer is missing or malformed
     */
    static ImageTokenizer imageTokenizer(ModelDescription description, ComputeDevice device) {
        return published(description).imageTokenizer(device);
    }

    private static PublishedDescription<?> published(ModelDescription description) {
        if (description instanceof PublishedDescription<?> published) {
            return published;
        }
        throw new IllegalArgumentException(description.directory() + " is no published model");
    }

    /** Tokens to rows, rows to logits. */
    ImageTokenNetwork network();

    /** Images to codes. */
    ImageTokenizer imageTokenizer();

    /** Rows of what an image shows. */
    ImageTokenNetwork.Prompt conditional(String prompt, ImageSize size);

    /** Rows of the model's own unconditional prompt, of which some families want to know the other one. */
    ImageTokenNetwork.Prompt unconditional(String prompt, ImageSize size);

    /** Frees the parts. */
    @Override
    void close();
}
