package org.sjd4j.family;

import java.util.List;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.decode.sampling.Setting;

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
            var settings = read(json, DecoderSettings.SETTINGS, DecoderSettings.DEFAULT);
            var sampling = read(json, Sampling.SETTINGS, Sampling.PLAIN);
            return new Defaults(Decoders.named(json.textOr("decoder", "sjd-exact")), settings, sampling);
        } catch (IllegalArgumentException e) {
            throw json.wrong("a value", "that is not possible (" + e.getMessage() + ")", "possible values");
        }
    }

    private static <S> S read(JsonConfig json, List<Setting<S>> all, S otherwise) {
        S settings = otherwise;
        for (Setting<S> setting : all) {
            if (json.has(setting.name())) {
                settings = setting.with(settings, json.scalar(setting.name()));
            }
        }
        return settings;
    }
}
