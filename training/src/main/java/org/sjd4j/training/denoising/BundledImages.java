package org.sjd4j.training.denoising;

import java.util.List;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.training.model.TokenBatches;

/**
 * Images for the bundled model's family, whose prompts all have the same length: a step's images are one group.
 *
 * @param batches prompts and codes
 */
record BundledImages(TokenBatches batches) implements ImageGroups<RasterLlama> {
    private static final long VALIDATION = 32;

    @Override
    public List<ImageGroup<RasterLlama>> training(long step) {
        return List.of(group(batches.training(step)));
    }

    @Override
    public List<ImageGroup<RasterLlama>> validation() {
        var all = batches.validation();
        long images = Math.min(VALIDATION, all.codes().size(0));
        return List.of(group(new TokenBatches.Batch(
                all.prompts().narrow(0, 0, images), all.codes().narrow(0, 0, images))));
    }

    private static ImageGroup<RasterLlama> group(TokenBatches.Batch batch) {
        return new ImageGroup<>(batch.codes(), model -> model.prompt(batch.prompts()));
    }
}
