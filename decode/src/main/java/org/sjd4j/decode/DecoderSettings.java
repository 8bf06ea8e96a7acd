package org.sjd4j.decode;

import java.util.List;
import org.sjd4j.decode.sampling.Setting;

/**
 * The numbers of a decoder. None of them changes the distribution of the result, only how fast it comes.
 *
 * @param window rows per forward pass: the last accepted token and {@code window - 1} drafts; 1 is autoregression. It
 *     shrinks towards the end of the image and never exceeds what is missing
 * @param initialisation the first guess for a position that enters the window
 * @param denoisingSteps K, the number of passes from pure noise to a clean draft; 0 means clean drafts from the start.
 *     Only decoders that denoise use it. It must stay well below window / step compression, or positions reach the
 *     front still noisy
 */
public record DecoderSettings(int window, Initialisation initialisation, int denoisingSteps) {

    private static final int MOST_DENOISING_STEPS = 100;

    /** Rows of a pass. */
    public static final Setting<DecoderSettings> WINDOW = Setting.whole(
            "window",
            "W",
            "Rows per forward pass, drafts included; 1 or more.",
            1,
            Integer.MAX_VALUE,
            "at least 1 row",
            DecoderSettings::window,
            DecoderSettings::withWindow);

    /** The first guess. */
    public static final Setting<DecoderSettings> INITIALISATION = Setting.choice(
            "initialisation",
            "I",
            "The first guess for a token: random, left, above or previous.",
            Initialisation.class,
            DecoderSettings::initialisation,
            DecoderSettings::withInitialisation);

    /** Passes from noise to a clean draft. */
    public static final Setting<DecoderSettings> DENOISING_STEPS = Setting.whole(
            "denoising_steps",
            "K",
            "Passes from noise to a clean draft, for sjd2 decoders; 0 or more.",
            0,
            MOST_DENOISING_STEPS,
            "0 (no noise) to " + MOST_DENOISING_STEPS,
            DecoderSettings::denoisingSteps,
            DecoderSettings::withDenoisingSteps);

    /** All settings: command lines, files, requests and reports go through this list. */
    public static final List<Setting<DecoderSettings>> SETTINGS = List.of(WINDOW, INITIALISATION, DENOISING_STEPS);

    /** A window of 16 rows, random first guesses, 3 denoising steps. */
    public static final DecoderSettings DEFAULT = new DecoderSettings(16, Initialisation.RANDOM, 3);

    public DecoderSettings {
        WINDOW.require(window);
        DENOISING_STEPS.require(denoisingSteps);
    }

    public DecoderSettings withWindow(int rows) {
        return new DecoderSettings(rows, initialisation, denoisingSteps);
    }

    public DecoderSettings withInitialisation(Initialisation guess) {
        return new DecoderSettings(window, guess, denoisingSteps);
    }

    public DecoderSettings withDenoisingSteps(int steps) {
        return new DecoderSettings(window, initialisation, steps);
    }
}
