package org.sjd4j.evaluation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.model.LlamaConfig;
import org.sjd4j.model.RasterLlama;
import org.sjd4j.prompt.PromptSlots;
import org.sjd4j.prompt.WordTokenizer;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.TensorFiles;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.vision.PatchTokenizer;
import tools.jackson.databind.json.JsonMapper;

/** A checkpoint of a random model: 2 layers of width 32 that draw 4 x 4 of 32 codes as 16 x 16 pixels. */
final class TinyCheckpoint {
    static final int TOKENS = 16;
    static final int CODES = 32;

    private static final JsonMapper JSON = new JsonMapper();

    private TinyCheckpoint() {}

    static Path write(Path directory, long seed) throws IOException {
        LibTorch.load();
        var random = new Random(seed);
        var words = List.of("red", "green", "apple", "pear");
        var tokenizer = WordTokenizer.of(PromptSlots.specialTokens(), words);
        var llama = new LlamaConfig(32, 2, 2, 64, 1e-5, 10_000);
        var model = new RasterLlama.Config(llama, tokenizer.size(), 5, 4, CODES, 8);
        var vision = new PatchTokenizer.Config(16, 4, CODES, 8, 16, List.of(16), List.of(1));
        Path visionDirectory = Files.createDirectories(directory.resolve("image_tokenizer"));
        write(directory, model.toJson(), RasterLlama.parameters(model), random);
        write(visionDirectory, vision.toJson(), PatchTokenizer.parameters(vision), random);
        Files.writeString(directory.resolve("generation_config.json"), "{\"guidance_scale\": 2.0, \"window\": 4}");
        tokenizer.write(directory.resolve("tokenizer.json"));
        return directory;
    }

    private static void write(Path directory, Map<String, Object> config, List<Parameter> parameters, Random random)
            throws IOException {
        Files.writeString(directory.resolve("config.json"), JSON.writeValueAsString(config));
        var tensors = new LinkedHashMap<String, Tensor>();
        for (var parameter : parameters) {
            float[] values = new float[Math.toIntExact(parameter.elements())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float)
                        switch (parameter.start()) {
                            case Parameter.Start.Normal(double deviation) -> deviation * random.nextGaussian();
                            case Parameter.Start.Constant(double constant) -> constant;
                        };
            }
            tensors.put(parameter.name(), Tensors.of(values, parameter.shape()));
        }
        TensorFiles.write(directory.resolve("model.safetensors"), tensors, Map.of());
        tensors.values().forEach(Tensor::close);
    }
}
