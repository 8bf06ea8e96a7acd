package org.sjd4j.options;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.decode.sampling.Setting;
import org.sjd4j.family.Defaults;
import org.sjd4j.io.FormerSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * An option for each setting of a decoder and of sampling, to be mixed into a command. What is not given is as the model
 * recommends.
 */
@Command
public final class GenerationOptions {
    private final Map<String, Object> given = new HashMap<>();

    @Spec(Spec.Target.MIXEE)
    void addTo(CommandSpec command) {
        DecoderSettings.SETTINGS.forEach(setting -> command.addOption(option(setting)));
        Sampling.SETTINGS.forEach(setting -> command.addOption(option(setting)));
        FormerSettings.neutral().keySet().forEach(name -> command.addOption(former(name)));
    }

    private static OptionSpec former(String name) {
        return OptionSpec.builder("--" + name.replace('_', '-'))
                .hidden(true)
                .type(String.class)
                .converters(value -> {
                    try {
                        FormerSettings.require(name, value);
                        return value;
                    } catch (IllegalArgumentException e) {
                        throw new TypeConversionException(String.valueOf(e.getMessage()));
                    }
                })
                .build();
    }

    private OptionSpec option(Setting<?> setting) {
        Class<?> type = switch (setting.kind()) {
            case WHOLE -> Integer.class;
            case REAL -> Double.class;
            case CHOICE -> String.class;
        };
        return OptionSpec.builder("--" + setting.option())
                .paramLabel(setting.symbol())
                .description(setting.help())
                .type(type)
                .setter(new ISetter() {
                    @Override
                    public <T> T set(T value) {
                        if (value == null) {
                            given.remove(setting.name());
                        } else {
                            given.put(setting.name(), value);
                        }
                        return value;
                    }
                })
                .build();
    }

    /** Whether window or denoising steps were given, which {@code tune} finds. */
    public boolean choosesWhatTuneFinds() {
        return given.containsKey(DecoderSettings.WINDOW.name())
                || given.containsKey(DecoderSettings.DENOISING_STEPS.name());
    }

    /** Settings of the decoder. */
    public DecoderSettings settings(Defaults defaults) {
        return read(DecoderSettings.SETTINGS, defaults.settings());
    }

    /** The distribution to sample from. */
    public Sampling sampling(Defaults defaults) {
        return read(Sampling.SETTINGS, defaults.sampling());
    }

    private <S> S read(List<Setting<S>> all, S otherwise) {
        S settings = otherwise;
        try {
            for (Setting<S> setting : all) {
                Object value = given.get(setting.name());
                if (value != null) {
                    settings = setting.with(settings, value.toString());
                }
            }
        } catch (IllegalArgumentException e) {
            throw new UserException(String.valueOf(e.getMessage()), e);
        }
        return settings;
    }
}
