package org.sjd4j.training.model;

import java.util.SplittableRandom;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.tensor.Tensors;

/**
 * The codes that a model reads while it learns to predict the next one, some of them wrong or missing: when it draws by
 * itself it reads its own slips, and has to find back to what the prompt says; and what leans on the prompt instead of
 * the neighbours is easier to draft.
 *
 * <p>In some images a part of the codes is replaced by the model's own guesses, made by one pass over the image with
 * blanks in it (scheduled sampling in parallel: Mihaylova and Martins 2019, arXiv 1906.07651); in others a part is
 * blank. The rest are read as they are.
 */
final class UnreliableContext {
    private static final double GUESSED_IMAGES = 0.3;
    private static final double MOST_GUESSED = 0.6;

    /** Of the images that are read without guesses. */
    private static final double BLANK_IMAGES = 0.5;

    private static final double MOST_BLANK = 0.4;

    private final RasterLlama.Config config;
    private final Tensor rotations;
    private final Device device;

    UnreliableContext(RasterLlama.Config config, Tensor rotations, Device device) {
        this.config = config;
        this.rotations = rotations;
        this.device = device;
    }

    /**
     * What the model reads of a batch: the embeddings of codes 0 to {@code length - 2}, {@code [batch, length - 1,
     * codeWidth]}.
     */
    Tensor embeddings(RasterLlama model, TokenBatches.Batch batch, SplittableRandom random) {
        long images = batch.codes().size(0);
        long guessed = Math.round(GUESSED_IMAGES * images);
        Tensor codes = batch.codes().narrow(1, 0, config.length() - 1);
        Tensor known = codes.narrow(0, guessed, images - guessed);
        Tensor embeddings = model.codeEmbeddings(known).mul(kept(images - guessed, BLANK_IMAGES, MOST_BLANK, random));
        if (guessed == 0) {
            return embeddings;
        }
        Tensor mixed = withGuesses(model, batch.prompts().narrow(0, 0, guessed), codes.narrow(0, 0, guessed), random);
        return Tensors.cat(0, model.codeEmbeddings(mixed), embeddings);
    }

    private Tensor withGuesses(RasterLlama model, Tensor prompts, Tensor codes, SplittableRandom random) {
        Tensor blanks = kept(codes.size(0), 1, MOST_BLANK, random);
        Tensor own = kept(codes.size(0), 1, MOST_GUESSED, random).squeeze(-1);
        Tensor chances = chances(codes.numel(), random).view(codes.size(0), -1, 1);
        return Tensors.ungraded(() -> Tensors.keep(() -> {
            Tensor rows = model.project(model.codeEmbeddings(codes).mul(blanks));
            Tensor logits = model.imageLogits(prompts, rows, rotations).narrow(1, 0, codes.size(1));
            Tensor below = logits.softmax(-1).cumsum(-1).lt(chances);
            Tensor guesses = below.sum(-1).clamp_max(new Scalar(config.codes() - 1));
            return torch.where(own.to(ScalarType.Bool), codes, guesses);
        }));
    }

    /** {@code [images, length - 1, 1]}: 0 where a code is not to be read, in a share of the images, elsewhere 1. */
    private Tensor kept(long images, double share, double most, SplittableRandom random) {
        int codes = config.length() - 1;
        float[] kept = new float[Math.toIntExact(images) * codes];
        for (int i = 0; i < images; i++) {
            double lost = random.nextDouble() < share ? random.nextDouble(most) : 0;
            for (int j = 0; j < codes; j++) {
                kept[i * codes + j] = random.nextDouble() < lost ? 0 : 1;
            }
        }
        return Tensors.of(kept, images, codes, 1).to(device, ScalarType.Float);
    }

    private Tensor chances(long count, SplittableRandom random) {
        float[] chances = new float[Math.toIntExact(count)];
        for (int i = 0; i < chances.length; i++) {
            chances[i] = (float) random.nextDouble();
        }
        return Tensors.of(chances, count).to(device, ScalarType.Float);
    }
}
