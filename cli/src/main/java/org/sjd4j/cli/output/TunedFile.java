package org.sjd4j.cli.output;

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
import org.sjd4j.llama.DenoisingFiles;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.proposal.NeighbourFiles;

/** Where {@code sjd tune} leaves what it found, and {@code sjd generate} looks. */
public final class TunedFile {
    private static final String NONE = "none";
    /** What keys before December 2026 ended with: settings that are gone. */
    private static final String FORMER_SETTINGS = "  " + Integer.MAX_VALUE + " 0.0";

    private TunedFile() {}

    public static Path path() {
        return UserFolders.current().cache().resolve("tuned.json");
    }

    /** Everything that the fastest setting depends on: weights, machine, and what is sampled from. */
    public static String key(
            ModelOptions options, ModelDescription description, DecoderSettings settings, Sampling sampling) {
        String threads = System.getenv("OMP_NUM_THREADS");
        var load = options.loadOptions(description);
        return String.join(
                " ",
                "weights " + Fingerprint.of(description.weightsFile()),
                "adapter " + adapter(options, description),
                load.device() + " " + load.precision() + (load.passRows() == 0 ? "" : " rows " + load.passRows()),
                Conditions.processor() + (threads == null ? "" : ", " + threads + " threads"),
                sampling.guided() ? "guided" : "unguided",
                "temperature " + sampling.temperature(),
                "top-k " + sampling.topK(),
                "top-p " + sampling.topP(),
                settings.initialisation().toString());
    }

    /** The fingerprint of what makes better drafts: weights that read noise, and a neighbour head. */
    public static String adapter(ModelOptions options, ModelDescription description) {
        String chosen = options.parts().adapter();
        Path directory = chosen == null ? description.directory() : Path.of(chosen);
        String denoising = fingerprint(directory.resolve(DenoisingFiles.WEIGHTS));
        String neighbour = fingerprint(directory.resolve(NeighbourFiles.WEIGHTS));
        return neighbour.equals(NONE) ? denoising : denoising + " " + neighbour;
    }

    private static String fingerprint(Path file) {
        return Files.exists(file) ? Fingerprint.of(file) : NONE;
    }

    public static Optional<TunedSettings.Tuned> find(
            ModelOptions options, ModelDescription description, DecoderSettings settings, Sampling sampling) {
        Path file = path();
        if (Files.notExists(file)) {
            return Optional.empty();
        }
        var tuned = TunedSettings.read(file);
        String key = key(options, description, settings, sampling);
        return tuned.get(key).or(() -> tuned.get(key + FORMER_SETTINGS));
    }
}
