package org.sjd4j.options;

import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Initialisation;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.Defaults;
import picocli.CommandLine.Option;

/** The settings of a decoder and what tokens are sampled from; what is not given is as the model recommends. */
public final class GenerationOptions {
    @Option(names = "--window", paramLabel = "W", description = "Rows per forward pass, drafts included; 1 or more.")
    private @Nullable Integer window;

    @Option(
            names = "--denoising-steps",
            paramLabel = "K",
            description = "Passes from noise to a clean draft, for sjd2 decoders; 0 or more.")
    private @Nullable Integer denoisingSteps;

    @Option(
            names = "--initialisation",
            paramLabel = "I",
            description = "The first guess for a token: random, left, above or previous.")
    private @Nullable Initialisation initialisation;

    @Option(
            names = "--entry-level",
            paramLabel = "L",
            converter = Converters.CountOrAll.class,
            description = "Noise level at which a draft enters the window, or 'all' for pure noise.")
    private @Nullable Integer entryLevel;

    @Option(
            names = "--guided-rows",
            paramLabel = "R",
            converter = Converters.CountOrAll.class,
            description = "Leading rows of a pass that get guidance, or 'all'.")
    private @Nullable Integer guidedRows;

    @Option(
            names = "--row-cleaning-threshold",
            paramLabel = "T",
            description = "Total variation below which a noisy draft becomes clean at once; 0 is off.")
    private @Nullable Double rowCleaningThreshold;

    @Option(
            names = "--guidance-scale",
            paramLabel = "S",
            description = "Classifier-free guidance: how strictly the image follows the prompt; 1 is none.")
    private @Nullable Double guidanceScale;

    @Option(names = "--temperature", paramLabel = "T", description = "Above 0; below 1 is safer, above 1 is wilder.")
    private @Nullable Double temperature;

    @Option(
            names = "--top-k",
            paramLabel = "N",
            description = "Sample from the N most probable tokens only; 0 for all.")
    private @Nullable Integer topK;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Sample from the most probable tokens that reach this share together; 1 for all.")
    private @Nullable Double topP;

    /** Whether window or denoising steps were given. */
    public boolean chooses() {
        return window != null || denoisingSteps != null;
    }

    /** Settings of the decoder. */
    public DecoderSettings settings(Defaults defaults) {
        var otherwise = defaults.settings();
        try {
            return new DecoderSettings(
                    or(window, otherwise.window()),
                    or(initialisation, otherwise.initialisation()),
                    or(denoisingSteps, otherwise.denoisingSteps()),
                    or(entryLevel, otherwise.entryLevel()),
                    or(guidedRows, otherwise.guidedRows()),
                    or(rowCleaningThreshold, otherwise.rowCleaningThreshold()));
        } catch (IllegalArgumentException e) {
            throw new UserException(String.valueOf(e.getMessage()), e);
        }
    }

    /** The distribution to sample from. */
    public Sampling sampling(Defaults defaults) {
        var otherwise = defaults.sampling();
        try {
            return new Sampling(
                    or(guidanceScale, otherwise.guidanceScale()),
                    or(temperature, otherwise.temperature()),
                    or(topK, otherwise.topK()),
                    or(topP, otherwise.topP()));
        } catch (IllegalArgumentException e) {
            throw new UserException(String.valueOf(e.getMessage()), e);
        }
    }

    private static <T> T or(@Nullable T given, T otherwise) {
        return given == null ? otherwise : given;
    }
}
