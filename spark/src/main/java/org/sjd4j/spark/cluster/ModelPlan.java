package org.sjd4j.spark.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Families;
import org.sjd4j.api.LoadOptions;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.checkpoint.Fingerprint;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;

/**
 * Which model every executor loads: only paths travel, never weights.
 *
 * @param directory the checkpoint, by its absolute path; nothing for the bundled model, which lies in a jar
 * @param imageTokenizer as chosen, by its absolute path
 * @param adapter as chosen, by its absolute path
 * @param device where it runs
 * @param precision of its matrix products, which is decided once, for CPUs may differ
 * @param passRows rows of every pass, as {@link LoadOptions} has them
 * @param fingerprint of its weights at the driver
 */
public record ModelPlan(
        @Nullable String directory,
        @Nullable String imageTokenizer,
        @Nullable String adapter,
        String device,
        String precision,
        int passRows,
        String fingerprint)
        implements ClusterCheck.Need {

    /** What the options of the driver's command line mean. */
    public static ModelPlan of(ModelOptions options, ModelDescription description) {
        var entry = options.entry();
        var parts = options.parts();
        var load = options.loadOptions(description);
        var plan = new ModelPlan(
                entry.name().equals(BundledModel.NAME) ? null : absolute(entry.directory()),
                parts.imageTokenizer() == null ? null : absolute(Path.of(parts.imageTokenizer())),
                parts.adapter() == null ? null : absolute(Path.of(parts.adapter())),
                load.device().toString(),
                load.precision().toString(),
                load.passRows(),
                "");
        return plan.withFingerprint(plan.found(description));
    }

    /** The path that all executors take: of a cache's repository the snapshot, which is chosen here, once. */
    private static String absolute(Path path) {
        return HubCache.resolve(path).toAbsolutePath().normalize().toString();
    }

    private ModelPlan withFingerprint(String found) {
        return new ModelPlan(directory, imageTokenizer, adapter, device, precision, passRows, found);
    }

    /** What this process sees of the model. */
    public ModelDescription description() {
        return Families.describe(
                directory == null ? BundledModel.directory() : Path.of(directory),
                imageTokenizer == null ? null : Path.of(imageTokenizer),
                adapter == null ? null : Path.of(adapter));
    }

    /** The fingerprint of all weights that this process sees. */
    private String found(ModelDescription description) {
        var found = new StringBuilder(Fingerprint.of(description.weightsFile()));
        found.append(' ').append(Fingerprint.of(description.imageTokenizerFile()));
        if (adapter != null) {
            found.append(' ').append(Fingerprint.of(Path.of(adapter)));
        }
        return found.toString();
    }

    @Override
    public String problem() {
        for (String place : new String[] {directory, imageTokenizer, adapter}) {
            if (place != null && !Files.isDirectory(Path.of(place))) {
                return "there is no directory " + place + "; put the model where all machines see it by the same path";
            }
        }
        String found;
        try {
            found = found(description());
        } catch (CheckpointException e) {
            return e.getMessage() + "; put the same model on all machines";
        }
        return found.equals(fingerprint)
                ? ""
                : "the weights in " + (directory == null ? "the bundled model" : directory) + " have the fingerprint "
                        + found + ", those at the driver " + fingerprint + "; put the same model on all machines";
    }

    /** How executors load it. */
    public LoadOptions loadOptions() {
        return new LoadOptions(ComputeDevice.named(device), Precision.named(precision), passRows);
    }
}
