package org.sjd4j.decode;

import org.sjd4j.decode.random.PositionRandom;
import org.sjd4j.decode.sampling.DecodingException;

/**
 * The denoising path of SJD2 (arXiv 2510.08994) in normalised embedding space: {@code z = alpha * e + sigma * epsilon}
 * with {@code alpha = 1 - t, sigma = t}.
 *
 * <p>A step is the deterministic DDIM step towards the embedding of the token that the row of this pass sampled, {@code z'
 * = (sigma'/sigma) z + (alpha' - alpha sigma'/sigma) e}. This form does not divide by alpha, which is 0 at pure noise,
 * and it arrives at exactly {@code e} on level 0.
 */
final class Denoiser {

    private final ImageModel model;
    private final double[] noiseLevels;

    /**
     * @param steps levels from clean (0) to pure noise
     * @throws DecodingException if there are levels but the model cannot read noise
     */
    Denoiser(ImageModel model, int steps) {
        if (steps > 0 && model.embeddingSize() == 0) {
            throw new DecodingException("this decoder starts drafts from noise, but the model cannot read noisy"
                    + " embeddings; choose a model or an adapter (--adapter) that was trained with noise, 0 denoising"
                    + " steps, or a decoder without noise such as " + Decoders.SJD_EXACT.name());
        }
        this.model = model;
        this.noiseLevels = model.noiseSchedule().levels(steps);
    }

    /** A position that enters the window: its first guess with noise of the level, clean at level 0. */
    Slot start(Draft draft, int level, PositionRandom random) {
        if (level == 0) {
            return Slot.clean(draft, random);
        }
        float sigma = (float) noiseLevels[level];
        float[] z = random.gaussian(model.embeddingSize());
        mix(z, sigma, model.embedding(draft.token()), 1 - sigma);
        return new Slot(draft, level, new Row.Noisy(z, sigma), random);
    }

    /** One step from the noisy row down to a lower level, towards the draft's token. */
    Slot step(Row.Noisy from, Draft draft, int level, PositionRandom random) {
        if (level == 0) {
            return Slot.clean(draft, random);
        }
        float sigma = (float) noiseLevels[level];
        float ratio = sigma / from.noiseLevel();
        float[] z = from.embedding().clone();
        mix(z, ratio, model.embedding(draft.token()), 1 - sigma - (1 - from.noiseLevel()) * ratio);
        return new Slot(draft, level, new Row.Noisy(z, sigma), random);
    }

    private static void mix(float[] z, float zShare, float[] e, float eShare) {
        for (int d = 0; d < z.length; d++) {
            z[d] = zShare * z[d] + eShare * e[d];
        }
    }
}
