package org.sjd4j.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.sjd4j.model.Chameleon;
import org.sjd4j.model.Emu3;
import org.sjd4j.model.Janus;
import org.sjd4j.model.RasterLlama;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.HubCache;
import org.sjd4j.tensor.JsonConfig;

/** The model families, told apart by what lies in a checkpoint directory. A new one is a line here. */
final class Families {
    private static final String CONFIG = "config.json";

    /** What people call the families. */
    private static final String PUBLISHED =
            "Lumina-mGPT or another Chameleon, Emu3, Janus-Pro, LlamaGen, or one trained by sjd4j";

    private Families() {}

    static ModelDescription describe(Path path, @Nullable Path imageTokenizer, @Nullable Path adapter) {
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
