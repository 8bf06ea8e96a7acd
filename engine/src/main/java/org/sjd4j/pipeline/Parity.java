package org.sjd4j.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.sjd4j.model.T5Encoder;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.TensorFiles;
import org.sjd4j.tensor.Tensors;

/**
 * Compares a published checkpoint with the numbers that its official code gave ({@code golden.safetensors} and its
 * companions in the same directory): every check that they allow, in float32 on the processor. Whatever no check reads is
 * named in the report.
 */
public final class Parity {
    /** The largest relative error of float32 numbers: {@code max|a - b| / max(1, max|b|)}. */
    static final double TOLERANCE = 5e-5;

    private Parity() {}

    /**
     * The outcome of one check.
     *
     * @param name of the golden tensor or file
     * @param error largest relative error; of ids and codes, the share that differs
     * @param tolerance largest error that passes
     */
    public record Check(String name, double error, double tolerance) {
        /** Whether the error is within the tolerance. */
        public boolean passed() {
            return error <= tolerance;
        }
    }

    /**
     * The outcome of all checks.
     *
     * @param checks in the order in which they ran
     * @param unread the golden tensors that no check read, and why
     */
    public record Report(List<Check> checks, SortedMap<String, String> unread) {
        /** Whether all checks passed. */
        public boolean passed() {
            return checks.stream().allMatch(Check::passed);
        }
    }

    /**
     * Runs all checks.
     *
     * @param imageTokenizer where the image tokenizer is, or nothing to look inside and beside the directory
     * @throws CheckpointException if the checkpoint cannot be read or has no golden numbers
     */
    public static Report of(Path directory, @Nullable Path imageTokenizer) {
        Path file = directory.resolve("golden.safetensors");
        if (!Files.isRegularFile(file)) {
            throw new CheckpointException(file.toString(), "no such file", "numbers to compare with", "check the path");
        }
        var owner = new OwnerThread("sjd4j-parity");
        try {
            return owner.call(() -> Tensors.inference(() -> {
                var golden = new Golden(directory, TensorFiles.read(file));
                checks(directory, imageTokenizer, golden);
                if (golden.checks().isEmpty()) {
                    throw new CheckpointException(
                            file.toString(),
                            "no numbers of a known kind",
                            "numbers of this model's parts",
                            "check the path");
                }
                var unread = new TreeMap<String, String>();
                golden.unread().forEach(name -> unread.put(name, UnreadGoldens.reason(name)));
                return new Report(golden.checks(), unread);
            }));
        } finally {
            owner.close();
        }
    }

    private static void checks(Path directory, @Nullable Path imageTokenizer, Golden golden) {
        if (ChameleonDescription.vqganFile(directory) != null) {
            VisionParity.vqgan(directory, golden);
        } else if (Companions.isOfType(directory, Emu3Description.VISION_TYPE)) {
            VisionParity.moVq(directory, golden);
        } else if (Companions.isOfType(directory, T5Encoder.MODEL_TYPE)) {
            TextParity.t5(directory, golden);
        } else {
            switch (ModelDescription.read(directory, imageTokenizer)) {
                case ChameleonDescription chameleon -> ChameleonParity.check(chameleon, golden);
                case Emu3Description emu3 -> Emu3Parity.check(emu3, golden);
                case JanusDescription janus -> JanusParity.check(janus, golden);
                case LlamaGenDescription llamaGen -> LlamaGenParity.check(llamaGen, golden);
                default -> {
                    // the bundled family has no official code to compare with
                }
            }
        }
    }
}
