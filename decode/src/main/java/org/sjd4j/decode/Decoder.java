package org.sjd4j.decode;

import org.sjd4j.decode.sampling.DecodingException;
import org.sjd4j.decode.sampling.Setting;

/**
 * A way to decode: the loop of {@link Decoding} with its parts chosen. {@link Decoders} has them all.
 */
public final class Decoder {

    /** What the model reads at a position that enters the window: nothing, a token, or noise. */
    enum Drafts {
        NONE,
        TOKENS,
        NOISE
    }

    /** What drafts are refined by: the rows of a pass as they are, or corrected for tokens that changed on their left. */
    enum Rows {
        AS_READ,
        CORRECTED
    }

    private final String name;
    private final String description;
    private final boolean lossless;
    private final Drafts drafts;
    private final Rows rows;
    private final Refinement refinement;
    private final Acceptance acceptance;

    Decoder(
            String name,
            String description,
            boolean lossless,
            Drafts drafts,
            Rows rows,
            Refinement refinement,
            Acceptance acceptance) {
        this.name = name;
        this.description = description;
        this.lossless = lossless;
        this.drafts = drafts;
        this.rows = rows;
        this.refinement = refinement;
        this.acceptance = acceptance;
    }

    /** The name to choose it by, such as {@code sjd-exact}. */
    public String name() {
        return name;
    }

    /** One line about it; that of a lossy decoder says so. */
    public String description() {
        return description;
    }

    /** Whether its images have the distribution that autoregressive sampling has. */
    public boolean lossless() {
        return lossless;
    }

    /** Whether it generates, token for token, what {@link Decoders#AR} generates with the same seed. */
    public boolean seedExact() {
        return acceptance == Acceptance.SEED_EXACT;
    }

    /** Whether its drafts start from noise, which takes a model that reads {@linkplain Row.Noisy noisy rows}. */
    public boolean denoises() {
        return drafts == Drafts.NOISE;
    }

    /** Whether it corrects rows for tokens that changed on their left, which takes a model with a neighbour head. */
    public boolean correctsRows() {
        return rows == Rows.CORRECTED;
    }

    /** Whether a setting has an effect: a window has none on autoregression, denoising steps only where noise is. */
    public boolean uses(Setting<DecoderSettings> setting) {
        return drafts == Drafts.NOISE || drafts == Drafts.TOKENS && setting != DecoderSettings.DENOISING_STEPS;
    }

    /**
     * Starts an image whose passes the caller runs.
     *
     * @throws DecodingException if this decoder needs what the model cannot do
     */
    public Decoding start(ImageModel model, DecoderSettings settings, long seed) {
        return start(model, settings, seed, KeptTokens.NONE);
    }

    /**
     * As {@link #start(ImageModel, DecoderSettings, long)}, of an image of which some tokens are given. The model reads those before the first
     * one that it chooses at once.
     *
     * @throws IllegalArgumentException if these are no tokens of the model's image
     */
    public Decoding start(ImageModel model, DecoderSettings settings, long seed, KeptTokens kept) {
        return new Decoding(model, rows, refinement, acceptance, applicable(settings), seed, kept);
    }

    /**
     * Decodes an image.
     *
     * @param model a model with a prompt, its cache valid up to the prompt's last token but one
     * @param settings those that mean nothing to this decoder are ignored
     * @param seed the same seed gives the same image; with exact decoders and {@code ar} also across each other and
     *     across settings
     * @param observer called after each step
     * @throws DecodingException if this decoder needs what the model cannot do, or the thread is interrupted
     */
    public Decoded decode(ImageModel model, DecoderSettings settings, long seed, StepObserver observer) {
        return decode(model, settings, seed, KeptTokens.NONE, observer);
    }

    /** As {@link #decode(ImageModel, DecoderSettings, long, StepObserver)}, of an image of which some tokens are given. */
    public Decoded decode(
            ImageModel model, DecoderSettings settings, long seed, KeptTokens kept, StepObserver observer) {
        Decoding decoding = start(model, settings, seed, kept);
        for (int step = 1; !decoding.done(); step++) {
            if (Thread.currentThread().isInterrupted()) {
                throw new DecodingException("interrupted before the image was finished");
            }
            decoding.advance(model.step(decoding.position(), decoding.rows()));
            observer.afterStep(step, decoding.position(), decoding.preview());
        }
        return decoding.decoded();
    }

    private DecoderSettings applicable(DecoderSettings settings) {
        DecoderSettings windowed = drafts == Drafts.NONE ? settings.withWindow(1) : settings;
        boolean noise = drafts == Drafts.NOISE && windowed.window() > 1;
        return noise ? windowed : windowed.withDenoisingSteps(0);
    }

    @Override
    public String toString() {
        return name;
    }
}
