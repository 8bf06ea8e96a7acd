package org.sjd4j.decode;

/**
 * The numbers of a decoder. None of them changes the distribution of the result, only how fast it comes.
 *
 * @param window rows per forward pass: the last accepted token and {@code window - 1} drafts; 1 is autoregression. It
 *     shrinks towards the end of the image and never exceeds what is missing
 * @param initialisation the first guess for a position that enters the window
 * @param denoisingSteps K, the number of passes from pure noise to a clean draft; 0 means clean drafts from the start.
 *     Only decoders that denoise use it. It must stay well below window / step compression, or positions reach the
 *     front still noisy
 * @param entryLevel the noise level, of {@code denoisingSteps}, at which a position enters: its first guess plus noise
 *     of this level, {@link #ALL} or K being pure noise, in which the guess plays no role
 * @param guidedRows the number of leading rows per pass that get classifier-free guidance and may verify; the rows
 *     beyond only propose and cost half. {@link #ALL} for every row
 * @param rowCleaningThreshold a noisy position becomes clean at once when its rows of two passes in a row (or the
 *     first row and the distribution of the first guess) are closer than this in total variation; 0 is off
 */
public record DecoderSettings(
        int window,
        Initialisation initialisation,
        int denoisingSteps,
        int entryLevel,
        int guidedRows,
        double rowCleaningThreshold) {

    private static final int MOST_DENOISING_STEPS = 1000;

    /** For {@link #guidedRows} all rows, for {@link #entryLevel} all denoising steps. */
    public static final int ALL = Integer.MAX_VALUE;

    /** A window of 16 rows, random first guesses, 3 denoising steps from pure noise, guidance everywhere. */
    public static final DecoderSettings DEFAULT = new DecoderSettings(16, Initialisation.RANDOM, 3, ALL, ALL, 0);

    public DecoderSettings {
        require(window >= 1, "window", window, "at least 1 row");
        require(
                denoisingSteps >= 0 && denoisingSteps <= MOST_DENOISING_STEPS,
                "denoising steps",
                denoisingSteps,
                "0 (no noise) to " + MOST_DENOISING_STEPS);
        require(entryLevel >= 1, "entry level", entryLevel, "at least 1; for clean drafts set denoising steps to 0");
        require(guidedRows >= 1, "guided rows", guidedRows, "at least 1 row, or nothing could be accepted");
        require(
                rowCleaningThreshold >= 0 && rowCleaningThreshold <= 1,
                "row cleaning threshold",
                rowCleaningThreshold,
                "a total variation from 0 (off) to 1");
    }

    private static void require(boolean holds, String name, Object found, String expected) {
        if (!holds) {
            throw new IllegalArgumentException("%s is %s, expected %s".formatted(name, found, expected));
        }
    }

    public DecoderSettings withWindow(int rows) {
        return new DecoderSettings(rows, initialisation, denoisingSteps, entryLevel, guidedRows, rowCleaningThreshold);
    }

    public DecoderSettings withInitialisation(Initialisation guess) {
        return new DecoderSettings(window, guess, denoisingSteps, entryLevel, guidedRows, rowCleaningThreshold);
    }

    public DecoderSettings withDenoisingSteps(int steps) {
        return new DecoderSettings(window, initialisation, steps, entryLevel, guidedRows, rowCleaningThreshold);
    }

    public DecoderSettings withEntryLevel(int level) {
        return new DecoderSettings(window, initialisation, denoisingSteps, level, guidedRows, rowCleaningThreshold);
    }

    public DecoderSettings withGuidedRows(int rows) {
        return new DecoderSettings(window, initialisation, denoisingSteps, entryLevel, rows, rowCleaningThreshold);
    }

    public DecoderSettings withRowCleaningThreshold(double totalVariation) {
        return new DecoderSettings(window, initialisation, denoisingSteps, entryLevel, guidedRows, totalVariation);
    }
}
