package org.sjd4j.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.family.raster.PromptSlots;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.proposal.NeighbourFiles;
import org.sjd4j.proposal.NeighbourHead;
import org.sjd4j.proposal.ProposalFiles;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.vision.PatchTokenizer;
import tools.jackson.databind.json.JsonMapper;

/** A complete checkpoint of random weights that generates 16x16 pixels of nonsense in milliseconds: for tests. */
public final class TinyCheckpoint {
    /** Words that the checkpoint knows. */
    public static final List<String> WORDS = List.of("red", "green", "apple", "pear", "noto", "style");

    /** Image tokens along each side. */
    public static final int GRID = 4;

    /** Pixels along each side. */
    public static final int IMAGE_SIZE = 16;

    /** Number of image codes. */
    public static final int CODES = 32;

    private static final JsonMapper JSON = new JsonMapper();

    private TinyCheckpoint() {}

    /** The sizes of the autoregressive model. */
    public static RasterLlama.Config model() {
        int words = PromptSlots.specialTokens().size() + WORDS.size();
        return new RasterLlama.Config(new LlamaConfig(32, 2, 2, 64, 1e-5, 10_000), words, 8, GRID, CODES, 8);
    }

    /** The sizes of the image tokenizer. */
    public static PatchTokenizer.Config imageTokenizer() {
        return new PatchTokenizer.Config(IMAGE_SIZE, IMAGE_SIZE / GRID, CODES, 8, 8, List.of(16, 8), List.of(1, 1));
    }

    /** A word of which {@link #writeBroken} makes what no network survives. */
    public static final String BROKEN_WORD = "pear";

    /** Writes the checkpoint into {@code directory}, which is made if need be, and returns it. */
    public static Path write(Path directory) {
        return write(directory, false);
    }

    /** As {@link #write}, but prompts with {@link #BROKEN_WORD} end in logits that are no numbers. */
    public static Path writeBroken(Path directory) {
        return write(directory, true);
    }

    private static Path write(Path directory, boolean broken) {
        LibTorch.setThreads(1); // waiting for other threads takes longer than the work
        Path vision = directory.resolve("image_tokenizer");
        try {
            Files.createDirectories(vision);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        json(directory.resolve("config.json"), model().toJson());
        json(
                directory.resolve("generation_config.json"),
                Map.of("decoder", "sjd-exact", "window", 6, "guidance_scale", 3.0));
        json(vision.resolve("config.json"), imageTokenizer().toJson());
        WordTokenizer.of(PromptSlots.specialTokens(), WORDS).write(directory.resolve("tokenizer.json"));
        weights(directory.resolve("model.safetensors"), RasterLlama.parameters(model()), 1, broken);
        weights(vision.resolve("model.safetensors"), PatchTokenizer.parameters(imageTokenizer()), 2, false);
        return directory;
    }

    /** Writes a neighbour head of random weights beside a checkpoint, and returns it. */
    public static ProposalFiles neighbour(Path directory) {
        var config = new NeighbourHead.Config(8, 4);
        json(directory.resolve(NeighbourFiles.CONFIG), config.toJson());
        var parameters = NeighbourHead.parameters(config, model().llama().hidden(), CODES).stream()
                .map(p -> Parameter.matrix(p.name(), 0.5, p.shape()))
                .toList();
        weights(directory.resolve(NeighbourFiles.WEIGHTS), parameters, 3, false);
        return ProposalFiles.of(directory, null);
    }

    /** Replaces one of the checkpoint's JSON files. */
    public static void json(Path file, Map<String, Object> values) {
        try {
            Files.writeString(file, JSON.writeValueAsString(values));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void weights(Path file, List<Parameter> parameters, long seed, boolean broken) {
        var random = new Random(seed);
        Tensors.inference(() -> {
            var tensors = new LinkedHashMap<String, Tensor>();
            for (Parameter parameter : parameters) {
                float[] values = new float[Math.toIntExact(parameter.elements())];
                for (int i = 0; i < values.length; i++) {
                    values[i] = switch (parameter.start()) {
                        case Parameter.Start.Normal(double deviation) -> (float) (random.nextGaussian() * deviation);
                        case Parameter.Start.Constant(double value) -> (float) value;
                    };
                }
                if (broken && parameter.name().equals("model.embed_words.weight")) {
                    int width = model().llama().hidden();
                    int row = PromptSlots.specialTokens().size() + WORDS.indexOf(BROKEN_WORD);
                    Arrays.fill(values, row * width, (row + 1) * width, Float.NaN);
                }
                tensors.put(parameter.name(), Tensors.of(values, parameter.shape()));
            }
            TensorFiles.write(file, tensors, Map.of("format", "pt"));
        });
    }
}
