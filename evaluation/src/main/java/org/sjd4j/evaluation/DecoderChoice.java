package org.sjd4j.evaluation;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Setting;

/**
 * A decoder with settings, as one entry of a comparison.
 *
 * @param label how it was asked for, such as {@code sjd2-exact:window=32,denoising-steps=2}
 * @param decoder how tokens are found
 * @param settings of the decoder
 */
public record DecoderChoice(String label, Decoder decoder, DecoderSettings settings) {
    private static final String KEYS =
            DecoderSettings.SETTINGS.stream().map(Setting::option).collect(joining(", "));

    /** A decoder with the settings that all share. */
    public DecoderChoice(Decoder decoder, DecoderSettings settings) {
        this(decoder.name(), decoder, settings);
    }

    /**
     * Reads a list such as {@code sjd,sjd2-exact:window=32,denoising-steps=2,ar}; {@code all} stands for every decoder.
     *
     * @param shared the settings of all decoders that do not set their own
     * @throws IllegalArgumentException if a decoder, a setting or a value does not exist; the message says which do
     */
    public static List<DecoderChoice> parse(String list, DecoderSettings shared) {
        var choices = new ArrayList<DecoderChoice>();
        for (String part : list.split(",", -1)) {
            String item = part.strip();
            int colon = item.indexOf(':');
            if (item.equals("all")) {
                Decoders.all().forEach(decoder -> choices.add(new DecoderChoice(decoder, shared)));
            } else if (colon >= 0) {
                var decoder = new DecoderChoice(Decoders.named(item.substring(0, colon)), shared);
                choices.add(decoder.with(item.substring(colon + 1)));
            } else if (item.contains("=") && !choices.isEmpty()) {
                choices.add(choices.removeLast().with(item));
            } else {
                choices.add(new DecoderChoice(Decoders.named(item), shared));
            }
        }
        return List.copyOf(choices);
    }

    private DecoderChoice with(String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 0) {
            throw new IllegalArgumentException("the decoder setting '%s' has no value; write name=value with one of %s"
                    .formatted(assignment, KEYS));
        }
        return with(
                assignment.substring(0, equals).strip(),
                assignment.substring(equals + 1).strip());
    }

    /**
     * The same decoder with one setting changed, which its label then tells.
     *
     * @param key the setting's name, as in {@link #parse}
     * @throws IllegalArgumentException if there is no such setting or the value is not possible
     */
    public DecoderChoice with(String key, Object value) {
        String text = value.toString().toLowerCase(Locale.ROOT);
        Setting<DecoderSettings> setting = DecoderSettings.SETTINGS.stream()
                .filter(known -> known.option().equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no decoder setting '%s'; choose one of %s".formatted(key, KEYS)));
        String separator = label.contains(":") ? "," : ":";
        return new DecoderChoice(label + separator + key + "=" + text, decoder, setting.with(settings, text));
    }

    /** Whether this is autoregression, the baseline of every comparison. */
    public boolean isBaseline() {
        return decoder == Decoders.AR;
    }

    /** Rows per forward pass: 1 for autoregression whatever the settings say. */
    public int window() {
        return isBaseline() ? 1 : settings.window();
    }

    /** Passes from noise to a clean draft: 0 for decoders without noise whatever the settings say. */
    public int denoisingSteps() {
        return decoder.denoises() ? settings.denoisingSteps() : 0;
    }

    /** A label for a plot's axis: {@code sjd2-exact W32 K2}. */
    public String shortLabel() {
        String text = label.replace(":", " ").replace(",", " ");
        for (Setting<DecoderSettings> setting : DecoderSettings.SETTINGS) {
            text = text.replace(setting.option() + "=", setting.kind() == Setting.Kind.CHOICE ? "" : setting.symbol());
        }
        return text;
    }
}
