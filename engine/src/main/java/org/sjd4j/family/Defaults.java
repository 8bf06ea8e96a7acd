package org.sjd4j.family;

import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Initialisation;
import org.sjd4j.decode.sampling.Sampling;

/**
 * What a checkpoint's {@code generation_config.json} recommends.
 *
 * @param decoder how tokens are found
 * @param settings of the decoder
 * @param sampling what distribution is sampled from
 */
public record Defaults(Decoder decoder, DecoderSettings settings, Sampling sampling) {
    /**
     * Reads the recommendations; what is absent has a plain default.
     *
     * @throws org.sjd4j.tensor.CheckpointException if a value makes no sense
     */
    public static Defaults from(JsonConfig json) {
        try {
            var sampling = new Sampling(
                    json.numberOr("guidance_scale", 1),
                    json.numberOr("temperature", 1),
                    json.countOr("top_k", 0),
                    json.numberOr("top_p", 1));
            var settings = DecoderSettings.DEFAULT
                    .withWindow(json.countOr("window", DecoderSettings.DEFAULT.window()))
                    .withDenoisingSteps(json.countOr("denoising_steps", DecoderSettings.DEFAULT.denoisingSteps()))
                    .withInitialisation(Initialisation.valueOf(json.textOr("initialisation", "RANDOM")))
                    .withEntryLevel(json.countOr("entry_level", DecoderSettings.ALL))
                    .withGuidedRows(json.countOr("guided_rows", DecoderSettings.ALL))
                    .withRowCleaningThreshold(json.numberOr("row_cleaning_threshold", 0));
            return new Defaults(Decoders.named(json.textOr("decoder", "sjd-exact")), settings, sampling);
        } catch (IllegalArgumentException e) {
            throw json.wrong("a value", "that is not possible (" + e.getMessage() + ")", "possible values");
        }
    }
}
