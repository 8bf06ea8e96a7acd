package org.sjd4j.parity;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Families;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.family.Companions;
import org.sjd4j.family.Vqgan;
import org.sjd4j.family.chameleon.ChameleonDescription;
import org.sjd4j.family.emu3.Emu3Description;
import org.sjd4j.family.janus.JanusDescription;
import org.sjd4j.family.llamagen.LlamaGenDescription;
import org.sjd4j.family.llamagen.T5Encoder;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.Tensors;

/**
 * Compares a published checkpoint with the numbers that its official code gave ({@code golden.safetensors} and its
 * companions in the same directory): every check that they allow, in float32 on the CPU. Whatever no check reads is
 * named in the report.
 */
public final class Parity {
    private Parity() {}

    /**
     * Runs all checks.
     *
     * @param imageTokenizer where the image tokenizer is, or nothing to look inside and beside the directory
     * @throws CheckpointException if the checkpoint cannot be read or has no golden numbers
     */
    public static ParityReport of(Path path, @Nullable Path imageTokenizer) {
        Path directory = HubCache.resolve(path);
        var owner = new OwnerThread("sjd4j-parity");
        try {
            return owner.call(() -> Tensors.inference(() -> {
                var golden = Golden.read(directory);
                checks(directory, imageTokenizer, golden);
                if (golden.checks().isEmpty()) {
                    throw new CheckpointException(
                            directory.toString(),
                            "no numbers of a known kind",
                            "numbers of this model's parts",
                            "check the path");
                }
                return ParityReport.of(golden, UnreadGoldens::reason);
            }));
        } finally {
            owner.close();
        }
    }

    private static void checks(Path directory, @Nullable Path imageTokenizer, Golden golden) {
        if (Vqgan.file(directory) != null && !CheckpointFile.isThere(directory.resolve("config.json"))) {
            VisionParity.vqgan(directory, golden); // otherwise it is a part of the model that lies in the directory
        } else if (Companions.isOfType(directory, Emu3Description.VISION_TYPE)) {
            VisionParity.moVq(directory, golden);
        } else if (Companions.isOfType(directory, T5Encoder.MODEL_TYPE)) {
            TextParity.t5(directory, golden);
        } else {
            switch (Families.describe(directory, imageTokenizer)) {
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
