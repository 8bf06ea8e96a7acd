package org.sjd4j.checkpoint;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.CheckpointException;

/** From any checkpoint that can be read to one safetensors file. */
public final class Conversion {
    private Conversion() {}

    /**
     * Writes all tensors of a checkpoint as one safetensors file, atomically; types and values stay as they are.
     *
     * @param from a file or directory that {@link Checkpoint#open} reads
     * @param key of the dictionary in a file that PyTorch saved, or nothing to look for the model's tensors
     * @return number of tensors
     * @throws CheckpointException if the checkpoint is malformed or the file cannot be written
     */
    public static int toSafetensors(Path from, Path to, @Nullable String key) {
        try (var checkpoint = key == null ? Checkpoint.open(from) : Checkpoint.of(TorchFile.open(from, key))) {
            var writer = new SafetensorsWriter().metadata("format", "pt");
            for (String name : checkpoint.names()) {
                TensorInfo info = checkpoint.info(name);
                writer.add(name, info.dtype(), info.shape(), checkpoint.segment(name));
            }
            writer.write(to);
            return checkpoint.names().size();
        }
    }
}
