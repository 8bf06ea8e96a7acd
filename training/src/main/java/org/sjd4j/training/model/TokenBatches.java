package org.sjd4j.training.model;

import org.bytedeco.pytorch.Tensor;

/** Captioned images as word ids and image codes. */
public interface TokenBatches {
    /**
     * Some captioned images.
     *
     * @param prompts word ids {@code [batch, promptSlots]} int64
     * @param codes image codes {@code [batch, length]} int64
     */
    record Batch(Tensor prompts, Tensor codes) {}

    /** The batch of one training step, captions already dropped at random: a function of the seed and the step alone. */
    Batch training(long step);

    /** Images that are never trained on with their captions, always the same. */
    Batch validation();

    /** The prompts of {@link #validation()} without captions. */
    Tensor nullPrompts();
}
