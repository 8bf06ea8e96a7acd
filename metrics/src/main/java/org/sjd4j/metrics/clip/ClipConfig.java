package org.sjd4j.metrics.clip;

import java.nio.file.Path;
import java.util.function.Function;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.tensor.CheckpointException;

/**
 * The sizes of a CLIP network. What a {@code config.json} leaves out has the value of ViT-B/32, as in {@code
 * configuration_clip.py} of Transformers, which does not write such values.
 *
 * @param text the network that reads texts
 * @param vision the network that sees images
 * @param projection numbers of an embedding
 */
public record ClipConfig(Text text, Vision vision, int projection) {
    /** What {@code config.json} calls this network. */
    static final String MODEL_TYPE = "clip";

    private static final String FILE = "config.json";

    /** What transformers wrote as the end of a text before ids were configurable; it is no id of CLIP's tokenizer. */
    private static final int OLD_END = 2;

    private static final int PUBLISHED_END = 49407;

    /** What stands between the two products of a block's feed-forward part. */
    enum Activation {
        /** {@code x sigmoid(1.702 x)}. */
        QUICK_GELU,
        /** With the error function. */
        GELU
    }

    /** Which row of a text becomes its embedding. */
    public enum Pooling {
        /** That of the largest id, the first of equals: openai/CLIP, and the configurations of 2021. */
        LARGEST_ID,
        /** The first one that ends a text. */
        FIRST_END;

        /**
         * The index of the row that becomes the embedding of these ids.
         *
         * @param end the id that ends a text
         * @return 0 if none ends it, as in Transformers
         */
        public int row(int[] ids, int end) {
            int found = 0;
            for (int i = 0; i < ids.length; i++) {
                if (this == FIRST_END && ids[i] == end) {
                    return i;
                }
                if (this == LARGEST_ID && ids[i] > ids[found]) {
                    found = i;
                }
            }
            return found;
        }
    }

    /**
     * A stack of blocks.
     *
     * @param hidden width of a row
     * @param intermediate width inside the feed-forward part
     * @param layers number of blocks
     * @param heads attention heads, which share the width evenly
     * @param activation inside the feed-forward part
     * @param normEpsilon added to the variance in a LayerNorm
     */
    record Tower(int hidden, int intermediate, int layers, int heads, Activation activation, double normEpsilon) {
        private static Tower from(JsonConfig json, int hidden, int intermediate, int heads) {
            int width = json.sizeOr("hidden_size", hidden);
            int count = json.sizeOr("num_attention_heads", heads);
            if (width % count != 0) {
                throw json.wrong("num_attention_heads", "" + count, "a divisor of the hidden size " + width);
            }
            return new Tower(
                    width,
                    json.sizeOr("intermediate_size", intermediate),
                    json.sizeOr("num_hidden_layers", 12),
                    count,
                    activation(json),
                    json.numberOr("layer_norm_eps", 1e-5));
        }

        private static Activation activation(JsonConfig json) {
            String name = json.textOr("hidden_act", "quick_gelu");
            return switch (name) {
                case "quick_gelu" -> Activation.QUICK_GELU;
                case "gelu" -> Activation.GELU;
                default -> throw json.wrong("hidden_act", name, "quick_gelu or gelu");
            };
        }
    }

    /**
     * The network that reads texts.
     *
     * @param tower its blocks
     * @param vocabulary number of ids
     * @param positions most ids of a text, its start and end included
     * @param pooling which row becomes the embedding
     * @param end the id that {@link Pooling#FIRST_END} looks for
     */
    public record Text(Tower tower, int vocabulary, int positions, Pooling pooling, int end) {}

    /**
     * The network that sees images.
     *
     * @param tower its blocks
     * @param imageSize side of an image in pixels
     * @param patch side of a patch in pixels; what remains at the right and at the bottom is not seen
     */
    public record Vision(Tower tower, int imageSize, int patch) {
        /** Patches of an image. */
        int patches() {
            int line = imageSize / patch;
            return line * line;
        }
    }

    /** Whether a directory's {@code config.json} names this network. */
    static boolean recognises(Path directory) {
        Path file = directory.resolve(FILE);
        try {
            return CheckpointFile.isThere(file)
                    && JsonConfig.read(file).textOr("model_type", "").equals(MODEL_TYPE);
        } catch (CheckpointException e) {
            return false; // what else it is may be known elsewhere, where the reason is told
        }
    }

    /**
     * Reads the {@code config.json} of a directory.
     *
     * @throws CheckpointException if it is missing, is another network's, or a value makes no sense
     */
    public static ClipConfig read(Path directory) {
        Path file = directory.resolve(FILE);
        if (!CheckpointFile.isThere(file)) {
            throw new CheckpointException(
                    directory.toString(),
                    "no " + FILE,
                    "the directory of a CLIP network in the layout of Hugging Face",
                    "check the path");
        }
        var json = JsonConfig.read(file);
        String type = json.textOr("model_type", "");
        if (!type.equals(MODEL_TYPE)) {
            throw json.wrong("model_type", "'" + type + "'", "'" + MODEL_TYPE + "'");
        }
        if (json.has("quantization_config")) {
            throw json.unsupported("quantization_config", json.shown("quantization_config"), "weights in F32 or F16");
        }
        var config = new ClipConfig(
                text(json.object("text_config")),
                vision(json.object("vision_config")),
                json.sizeOr("projection_dim", 512));
        requireSameTower(json, "text_config_dict", config.text.tower, ClipConfig::textTower);
        requireSameTower(json, "vision_config_dict", config.vision.tower, ClipConfig::visionTower);
        return config;
    }

    /**
     * Old configurations have each part twice, and Transformers believes the second one. Where they differ, one of them is
     * not that of the weights.
     */
    private static void requireSameTower(
            JsonConfig json, String key, Tower tower, Function<JsonConfig, Tower> reading) {
        if (json.has(key) && !reading.apply(json.object(key)).equals(tower)) {
            throw json.wrong(key, "with other values than " + key.replace("_dict", ""), "the same values in both");
        }
    }

    private static Tower textTower(JsonConfig json) {
        return Tower.from(json, 512, 2048, 8);
    }

    private static Tower visionTower(JsonConfig json) {
        return Tower.from(json, 768, 3072, 12);
    }

    private static Text text(JsonConfig json) {
        int end = json.has("eos_token_id") ? json.id("eos_token_id") : PUBLISHED_END;
        return new Text(
                textTower(json),
                json.sizeOr("vocab_size", 49408),
                json.sizeOr("max_position_embeddings", 77),
                end == OLD_END ? Pooling.LARGEST_ID : Pooling.FIRST_END,
                end);
    }

    private static Vision vision(JsonConfig json) {
        int size = json.sizeOr("image_size", 224);
        int patch = json.sizeOr("patch_size", 32);
        if (patch > size) {
            throw json.wrong("patch_size", "" + patch, "at most the image size " + size);
        }
        if (json.sizeOr("num_channels", 3) != 3) {
            throw json.wrong("num_channels", "" + json.count("num_channels"), "3");
        }
        return new Vision(visionTower(json), size, patch);
    }
}
