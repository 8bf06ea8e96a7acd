package org.sjd4j.training.loop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.llama.AdapterBase;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.DenoisingFiles;
import org.sjd4j.metrics.scorer.ScorerNetwork;
import org.sjd4j.proposal.NeighbourFiles;
import org.sjd4j.proposal.NeighbourHead;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.vision.PatchTokenizer;
import tools.jackson.databind.json.JsonMapper;

/** Writes what was trained as a checkpoint directory that the engine loads, laid out like a Hugging Face one. */
public final class CheckpointExport {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String CARD = "README.md";

    private CheckpointExport() {}

    /**
     * Writes an image tokenizer.
     *
     * @param dtype of the stored tensors; float16 halves the file and is read back into float32
     */
    public static void write(
            Path directory, PatchTokenizer.Config config, Map<String, Tensor> tensors, ScalarType dtype) {
        createDirectories(directory);
        writeJson(directory.resolve("config.json"), config.toJson());
        writeTensors(directory.resolve("model.safetensors"), tensors, dtype);
    }

    /** Writes a model without its image tokenizer, which belongs into the folder {@code image_tokenizer}. */
    public static void write(
            Path directory,
            RasterLlama.Config config,
            Map<String, Tensor> tensors,
            WordTokenizer words,
            Map<String, Object> generation,
            ScalarType dtype) {
        createDirectories(directory);
        writeJson(directory.resolve("config.json"), config.toJson());
        writeJson(directory.resolve("generation_config.json"), generation);
        words.write(directory.resolve("tokenizer.json"));
        writeTensors(directory.resolve("model.safetensors"), tensors, dtype);
    }

    /** Writes the network of a metric. */
    public static void write(
            Path directory,
            ScorerNetwork.Config config,
            Map<String, Tensor> tensors,
            WordTokenizer words,
            ScalarType dtype) {
        createDirectories(directory);
        writeJson(directory.resolve("config.json"), config.toJson());
        words.write(directory.resolve("tokenizer.json"));
        writeTensors(directory.resolve("model.safetensors"), tensors, dtype);
    }

    /**
     * Writes a copy of a checkpoint that also reads noise.
     *
     * @param trained tensors of the denoising, and those of the model if they changed
     */
    public static void withDenoising(Path from, Map<String, Tensor> trained, Denoising.Config config, Path directory) {
        var noise = new LinkedHashMap<String, Tensor>();
        var model = new LinkedHashMap<String, Tensor>();
        trained.forEach((name, tensor) -> (name.startsWith("denoising.") ? noise : model).put(name, tensor));
        Path partial = partial(directory);
        copy(from, partial);
        if (!model.isEmpty()) {
            writeTensors(partial.resolve("model.safetensors"), model, ScalarType.Half);
        }
        writeDenoising(partial, noise, config.toJson());
        replace(directory, partial);
    }

    /**
     * Writes an adapter without the model that it belongs to, which may have many gigabytes.
     *
     * @param trained tensors of the denoising
     * @param base the model
     */
    public static void adapter(Path directory, Map<String, Tensor> trained, Denoising.Config config, AdapterBase base) {
        var json = new LinkedHashMap<>(config.toJson());
        json.putAll(base.toJson());
        Path partial = partial(directory);
        createDirectories(partial);
        writeDenoising(partial, trained, json);
        replace(directory, partial);
    }

    /**
     * Writes a copy of a checkpoint that has a neighbour head.
     *
     * @param trained tensors of the head
     * @param base the model
     */
    public static void withNeighbour(
            Path from, Map<String, Tensor> trained, NeighbourHead.Config config, AdapterBase base, Path directory) {
        Path partial = partial(directory);
        copy(from, partial);
        writeNeighbour(partial, trained, config, base);
        replace(directory, partial);
    }

    /** As {@link #withNeighbour}, without the model that the head belongs to. */
    public static void neighbour(
            Path directory, Map<String, Tensor> trained, NeighbourHead.Config config, AdapterBase base) {
        Path partial = partial(directory);
        createDirectories(partial);
        writeNeighbour(partial, trained, config, base);
        replace(directory, partial);
    }

    private static void writeNeighbour(
            Path directory, Map<String, Tensor> tensors, NeighbourHead.Config config, AdapterBase base) {
        var json = new LinkedHashMap<>(config.toJson());
        json.putAll(base.toJson());
        writeJson(directory.resolve(NeighbourFiles.CONFIG), json);
        writeTensors(directory.resolve(NeighbourFiles.WEIGHTS), tensors, ScalarType.Half);
    }

    private static Path partial(Path directory) {
        return directory.resolveSibling(directory.getFileName() + ".partial");
    }

    private static void writeDenoising(Path directory, Map<String, Tensor> tensors, Map<String, Object> config) {
        writeJson(directory.resolve(DenoisingFiles.CONFIG), config);
        writeTensors(directory.resolve(DenoisingFiles.WEIGHTS), tensors, ScalarType.Half);
    }

    private static void replace(Path directory, Path by) {
        if (Files.exists(directory)) {
            Directories.delete(directory);
        }
        try {
            Files.move(by, directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot rename " + by + " to " + directory, e);
        }
    }

    private static void copy(Path from, Path to) {
        try (var files = Files.walk(from)) {
            for (Path source : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(source));
                if (Files.isDirectory(source)) {
                    Files.createDirectories(target);
                } else if (!source.getFileName().toString().equals(CARD)) { // it describes the other model
                    Files.copy(source, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot copy " + from + " to " + to, e);
        }
    }

    private static void writeTensors(Path file, Map<String, Tensor> tensors, ScalarType dtype) {
        Tensors.inference(() -> {
            var converted = new LinkedHashMap<String, Tensor>();
            tensors.forEach(
                    (name, tensor) -> converted.put(name, tensor.detach().to(dtype)));
            TensorFiles.write(file, converted, Map.of("format", "pt"));
        });
    }

    static void writeJson(Path file, Map<String, Object> values) {
        try {
            Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(values) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    private static void createDirectories(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + directory, e);
        }
    }
}
