package org.sjd4j.parity;

import java.nio.file.Path;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.sjd4j.metrics.clip.Clip;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.Tensors;

/** Compares the networks of metrics with the numbers of their official code. */
public final class MetricParity {
    private MetricParity() {}

    /** Whether a directory holds a network of a kind that is known here. */
    public static boolean knows(Path directory) {
        return checks(directory) != null;
    }

    /**
     * Runs all checks that the golden numbers of a directory allow.
     *
     * @throws CheckpointException if the network cannot be read, is of another kind or has no golden numbers
     */
    public static ParityReport of(Path directory) {
        var checks = checks(directory);
        if (checks == null) {
            throw new CheckpointException(
                    directory.toString(), "no network of a metric", "CLIP or InceptionV3", "check the path");
        }
        var owner = new OwnerThread("sjd4j-metric-parity");
        try {
            return owner.call(() -> Tensors.inference(() -> {
                var golden = Golden.read(directory);
                checks.accept(directory, golden);
                return ParityReport.of(golden, MetricParity::reason);
            }));
        } finally {
            owner.close();
        }
    }

    private static @Nullable BiConsumer<Path, Golden> checks(Path directory) {
        if (InceptionParity.knows(directory)) {
            return InceptionParity::check;
        }
        return Clip.recognises(directory) ? ClipParity::check : null;
    }

    private static String reason(String name) {
        return "no check reads it";
    }
}
