package org.sjd4j.training.tokenizer;

import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;

/** Images as tensors {@code [batch, 3, size, size]} in -1..1. */
public interface ImageBatches {
    /** The batch of one training step: a function of the seed and the step alone. */
    Tensor training(long step);

    /** Images that are never trained on, always the same. */
    Tensor validation();

    /** How many of the validation images a sample sheet shows. */
    int sheetSize();

    /** Writes a sheet of the first {@link #sheetSize()} validation images above what became of them. */
    void writeSheet(Path png, Tensor above, Tensor below);
}
