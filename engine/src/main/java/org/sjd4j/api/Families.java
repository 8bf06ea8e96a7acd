package org.sjd4j.api;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.family.chameleon.Chameleon;
import org.sjd4j.family.chameleon.ChameleonDescription;
import org.sjd4j.family.emu3.Emu3;
import org.sjd4j.family.emu3.Emu3Description;
import org.sjd4j.family.janus.Janus;
import org.sjd4j.family.janus.JanusDescription;
import org.sjd4j.family.llamagen.LlamaGenDescription;
import org.sjd4j.family.raster.RasterDescription;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.tensor.CheckpointException;

/**
 * The model families, told apart by what lies in a checkpoint directory. A new one is a case in {@link #describe(Path, Path,
 * Path)}.
 */
public final class Families {
    private static final String CONFIG = "config.json";

    /** What people call the families. */
    private static final String PUBLISHED =
            "Lumina-mGPT or another Chameleon, Emu3, Janus-Pro, LlamaGen, or one trained by sjd4j";

    private Families() {}

    /**
     * Reads the configuration files of a checkpoint of any family and checks that they fit together.
     *
     * @throws CheckpointException if one is missing or malformed, or the model is of an unknown family
     */
    public static ModelDescription describe(Path directory) {
        return describe(directory, null);
    }

    /**
     * As {@link #describe(Path)}, with the parts that a published model has in directories of their own.
     *
     * @param imageTokenizer where the image tokenizer is, or nothing to look inside and beside the directory
     */
    public static ModelDescription describe(Path directory, @Nullable Path imageTokenizer) {
        return describe(directory, imageTokenizer, null);
    }

    /**
     * As {@link #describe(Path, Path)}, with an adapter that reads noisy rows.
     *
     * @param adapter directory of the adapter, or nothing to look in the model's directory
     */
    public static ModelDescription describe(Path path, @Nullable Path imageTokenizer, @Nullable Path adapter) {
        Path directory = HubCache.resolve(path);
        if (LlamaGenDescription.recognises(directory)) {
            return new LlamaGenDescription(directory, imageTokenizer, adapter);
        }
        Path config = directory.resolve(CONFIG);
        if (Files.notExists(config)) {
            throw new CheckpointException(
                    directory.toString(),
                    Files.isDirectory(directory) ? "no " + CONFIG : "no such directory",
                    "the directory of a model: " + PUBLISHED,
                    "check the path");
        }
        var json = JsonConfig.read(config);
        return switch (json.textOr("model_type", "none")) {
            case RasterLlama.MODEL_TYPE -> {
                if (imageTokenizer != null) {
                    throw new CheckpointException(
                            imageTokenizer.toString(),
                            "an image tokenizer for a model that has its own",
                            "none",
                            "leave out --image-tokenizer");
                }
                yield RasterDescription.read(directory, adapter);
            }
            case Chameleon.MODEL_TYPE -> new ChameleonDescription(directory, json, imageTokenizer, adapter);
            case Emu3.MODEL_TYPE, Emu3.HF_MODEL_TYPE -> new Emu3Description(directory, json, imageTokenizer, adapter);
            case Janus.MODEL_TYPE, Janus.HF_MODEL_TYPE -> new JanusDescription(directory, json, adapter);
            case String other ->
                throw json.wrong(
                        "model_type",
                        other,
                        "one of "
                                + String.join(
                                        ", ",
                                        RasterLlama.MODEL_TYPE,
                                        Chameleon.MODEL_TYPE,
                                        Emu3.MODEL_TYPE,
                                        Emu3.HF_MODEL_TYPE,
                                        Janus.MODEL_TYPE,
                                        Janus.HF_MODEL_TYPE)
                                + ", or a LlamaGen checkpoint");
        };
    }
}
