package org.sjd4j.evaluation.tune;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Json;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.io.TextFile;
import tools.jackson.core.JacksonException;

/**
 * The fastest settings that were found on this machine, in a file: one for each model, device and way to generate.
 *
 * @param settings by key
 */
public record TunedSettings(SortedMap<String, Tuned> settings) {
    /**
     * A setting.
     *
     * @param decoder a seed-exact one, or autoregression
     * @param window rows per forward pass
     * @param denoisingSteps for decoders that denoise
     * @param speedUp over autoregression when it was found
     */
    public record Tuned(String decoder, int window, int denoisingSteps, double speedUp) {
        /** The setting that was fastest. */
        public static Tuned of(DecoderChoice choice, double speedUp) {
            return new Tuned(
                    choice.decoder().name(), choice.window(), choice.settings().denoisingSteps(), speedUp);
        }

        /** This setting, with all others as they are. */
        public DecoderSettings applied(DecoderSettings others) {
            return others.withWindow(window).withDenoisingSteps(denoisingSteps);
        }

        private boolean isPossible() {
            return window >= 1
                    && denoisingSteps >= 0
                    && Decoders.all().stream().anyMatch(known -> known.name().equals(decoder));
        }
    }

    /** What a file holds; a missing or damaged one holds nothing, for it can be found again. */
    public static TunedSettings read(Path file) {
        try {
            return Files.isRegularFile(file)
                    ? Json.read(TextFile.read(file), TunedSettings.class)
                    : new TunedSettings(new TreeMap<>());
        } catch (IOException | JacksonException _) {
            return new TunedSettings(new TreeMap<>());
        }
    }

    /**
     * Deletes the file.
     *
     * @return whether there was one
     */
    public static boolean forget(Path file) {
        try {
            return Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + file, e);
        }
    }

    /** The setting for a key, if there is one. */
    public Optional<Tuned> get(String key) {
        return Optional.ofNullable(settings.get(key)).filter(Tuned::isPossible);
    }

    /** Writes these settings and another one. */
    public void write(Path file, String key, Tuned setting) {
        var all = new TreeMap<>(settings);
        all.put(key, setting);
        AtomicFile.write(file, Json.text(new TunedSettings(all)).getBytes(StandardCharsets.UTF_8));
    }
}
