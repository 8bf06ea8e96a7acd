package org.sjd4j.spark.train;

import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Families;
import org.sjd4j.checkpoint.Fingerprint;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.spark.cluster.ClusterCheck;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.training.model.CutEncoder;
import org.sjd4j.training.model.ImageEncoder;
import org.sjd4j.training.model.ModelRun;
import org.sjd4j.training.model.VariationEncoder;

/**
 * What every task of a tokenize job does.
 *
 * @param data folder of images by its absolute path
 * @param encoding how
 * @param out by its absolute path
 */
record EncodingPlan(String data, Encoding encoding, String out, int shards) implements ClusterCheck.Need {
    /** That of training, which generates copies by it. */
    private static final long SEED = ModelRun.settings(1, 0).seed();

    @Override
    public String problem() {
        for (String place : List.of(data, out)) {
            if (!Files.isDirectory(Path.of(place))) {
                return "there is no directory " + place + "; it must be the same on all machines";
            }
        }
        return encoding.problem();
    }

    FolderDataSet images() {
        return FolderDataSet.open(Path.of(data), encoding.side());
    }

    /** How images become codes. */
    sealed interface Encoding extends Serializable {
        /** Side of the squares that images are generated in. */
        int side();

        /** The fingerprint of the image tokenizer at the driver. */
        String fingerprint();

        /** The image tokenizer that this process sees. */
        Path imageTokenizerFile();

        /** An encoder, whose tensors belong to the scope of the caller. */
        ImageEncoder encoder(FolderDataSet data);

        /** Why this process cannot encode; empty if it can. */
        default String problem() {
            Path file;
            try {
                file = imageTokenizerFile();
            } catch (CheckpointException e) {
                return e.getMessage() + "; it must be the same on all machines";
            }
            if (!Files.exists(file)) {
                return "there is no " + file + "; it must be the same on all machines";
            }
            return Fingerprint.of(file).equals(fingerprint())
                    ? ""
                    : file + " has other weights than at the driver; put the same on all machines";
        }
    }

    /**
     * With an image tokenizer that was trained here, and with copies of every image.
     *
     * @param imageTokenizer by its absolute path
     */
    record Trained(String imageTokenizer, int side, int backgrounds, int moved, String fingerprint)
            implements Encoding {
        @Override
        public Path imageTokenizerFile() {
            return Path.of(imageTokenizer);
        }

        @Override
        public ImageEncoder encoder(FolderDataSet data) {
            return VariationEncoder.trained(data, imageTokenizerFile(), backgrounds, moved, SEED);
        }
    }

    /**
     * With a published model's.
     *
     * @param model by its absolute path
     * @param imageTokenizer by its absolute path, if it was named
     */
    record Published(String model, @Nullable String imageTokenizer, int width, int height, String fingerprint)
            implements Encoding {
        private ModelDescription description() {
            return Families.describe(Path.of(model), imageTokenizer == null ? null : Path.of(imageTokenizer));
        }

        @Override
        public int side() {
            return Math.min(width, height);
        }

        @Override
        public Path imageTokenizerFile() {
            return description().imageTokenizerFile();
        }

        @Override
        public ImageEncoder encoder(FolderDataSet data) {
            return CutEncoder.published(data, description(), new ImageSize(width, height));
        }
    }
}
