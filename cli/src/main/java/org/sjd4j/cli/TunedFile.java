package org.sjd4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.sjd4j.checkpoint.Fingerprint;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.Conditions;
import org.sjd4j.evaluation.tune.TunedSettings;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.io.UserFolders;
import org.sjd4j.options.ModelOptions;

/** Where {@code sjd tune} leaves what it found, and {@code sjd generate} looks. */
final class TunedFile {
    private TunedFile() {}

    static Path path() {
        return UserFolders.current().cache().resolve("tuned.json");
    }

    /** Everything that the fastest setting depends on: weights, machine, and what is sampled from. */
    static String key(ModelOptions options, ModelDescription description, DecoderSettings settings, Sampling sampling) {
        String threads = System.getenv("OMP_NUM_THREADS");
        return String.join(
                " ",
                "weights " + Fingerprint.of(description.weightsFile()),
                "adapter " + adapter(options, description),
                options.device() + " " + options.precision(description),
                Conditions.processor() + (threads == null ? "" : ", " + threads + " threads"),
                sampling.guided() ? "guided" : "unguided",
                "temperature " + sampling.temperature(),
                "top-k " + sampling.topK(),
                "top-p " + sampling.topP(),
                settings.initialisation().toString(),
                settings.guidedRows() == DecoderSettings.ALL ? "" : "guided rows " + settings.guidedRows(),
                settings.entryLevel() + " " + settings.rowCleaningThreshold());
    }

    /** The fingerprint of what lets a model read noise. */
    static String adapter(ModelOptions options, ModelDescription description) {
        String chosen = options.parts().adapter();
        Path file = (chosen == null ? description.directory() : Path.of(chosen)).resolve("denoising.safetensors");
        return Files.exists(file) ? Fingerprint.of(file) : "none";
    }

    static Optional<TunedSettings.Tuned> find(
            ModelOptions options, ModelDescription description, DecoderSettings settings, Sampling sampling) {
        Path file = path();
        return Files.exists(file)
                ? TunedSettings.read(file).get(key(options, description, settings, sampling))
                : Optional.empty();
    }
}
