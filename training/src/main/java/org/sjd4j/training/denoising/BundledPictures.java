package org.sjd4j.training.denoising;

import java.util.List;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.training.model.TokenBatches;

/**
 * Pictures for the bundled model's family, whose prompts all have the same length: a step's pictures are one group.
 *
 * @param batches prompts and codes
 */
record BundledPictures(TokenBatches batches) implements PictureGroups<RasterLlama> {
    private static final long VALIDATION = 32;

    @Override
    public List<PictureGroup<RasterLlama>> training(long step) {
        return List.of(group(batches.training(step)));
    }

    @Override
    public List<PictureGroup<RasterLlama>> validation() {
        var all = batches.validation();
        long pictures = Math.min(VALIDATION, all.codes().size(0));
        return List.of(group(new TokenBatches.Batch(
                all.prompts().narrow(0, 0, pictures), all.codes().narrow(0, 0, pictures))));
    }

    private static PictureGroup<RasterLlama> group(TokenBatches.Batch batch) {
        return new PictureGroup<>(batch.codes(), model -> model.prompt(batch.prompts()));
    }
}
