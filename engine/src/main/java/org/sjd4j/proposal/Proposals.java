package org.sjd4j.proposal;

import org.jspecify.annotations.Nullable;
import org.sjd4j.llama.Denoising;

/**
 * What a loaded model has besides its weights that makes better drafts.
 *
 * @param denoising what it needs to read noisy rows, if it can
 * @param neighbour what corrects rows for tokens that changed on their left, if there is one
 */
public record Proposals(
        @Nullable Denoising denoising, @Nullable NeighbourHead neighbour) {
    /** Nothing: drafts are tokens of the model's own rows. */
    public static final Proposals NONE = new Proposals(null, null);

    /** Noisy rows alone. */
    public static Proposals of(@Nullable Denoising denoising) {
        return new Proposals(denoising, null);
    }
}
