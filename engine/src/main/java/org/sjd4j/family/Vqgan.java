package org.sjd4j.family;

import java.nio.file.Path;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.vision.ImageTokenizer;
import org.sjd4j.vision.VqganTokenizer;

/** Meta's VQGAN in a directory of its own, {@code vqgan.ckpt} or {@code vqgan.safetensors}: a part of several models. */
public final class Vqgan {
    private static final String CODEBOOK = "quantize.embedding.weight";

    private Vqgan() {}

    /** The file of its weights in a directory, if there is one. */
    public static @Nullable Path file(Path directory) {
        return Companions.firstFile(directory, "vqgan.safetensors", "vqgan.ckpt");
    }

    /**
     * Its directory: the given one, or one inside or beside a model's directory.
     *
     * @param given what the user said, if anything
     * @param codes how many the model has
     * @throws CheckpointException if there is none, or several, or the one that is there cannot be used
     */
    public static Path find(Path model, @Nullable Path given, int codes) {
        return Companions.find(
                model, given, candidate -> isIn(candidate, codes), "VQGAN (vqgan.ckpt)", "--image-tokenizer");
    }

    private static boolean isIn(Path directory, int codes) {
        Path file = file(directory);
        if (file != null) {
            Companions.requireCodes(file, CODEBOOK, codes);
        }
        return file != null;
    }

    /**
     * Loads it.
     *
     * @throws IllegalArgumentException if the directory has none
     */
    public static ImageTokenizer open(Path directory, Device device) {
        Path file = file(directory);
        if (file == null) {
            throw new IllegalArgumentException("no VQGAN in " + directory);
        }
        try (var mapped = MappedCheckpoint.open(file)) {
            var weights = mapped.copies(name -> !name.startsWith("loss."), ScalarType.Float, device);
            return new VqganTokenizer(weights, VqganTokenizer.Names.TAMING, false);
        }
    }
}
