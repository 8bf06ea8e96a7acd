package org.sjd4j.training.model;

import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Weights;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.training.loop.TrainingException;

/** A trained model whose weights another training begins with. */
public final class StartingModel {
    private static final Set<String> WORD_TABLES = Set.of("model.embed_words.weight", "model.embed_topics.weight");

    private static final Set<String> PLACE_TABLES = Set.of("model.embed_lines.weight", "model.embed_columns.weight");

    private final Path directory;
    private final RasterLlama.Config config;
    private final WordTokenizer words;
    private final Map<String, Tensor> tensors;

    /**
     * Reads a checkpoint directory.
     *
     * @throws org.sjd4j.tensor.CheckpointException if it is malformed
     */
    public StartingModel(Path directory, Device device) {
        this.directory = directory;
        this.config = RasterLlama.Config.from(JsonConfig.read(directory.resolve("config.json")));
        this.words = WordTokenizer.read(directory.resolve("tokenizer.json"));
        this.tensors = TensorFiles.read(directory.resolve("model.safetensors"), ScalarType.Float, device);
    }

    /**
     * Copies everything that the two models share: words by name, places by where in the image they are, the rest by
     * tensor.
     */
    void copyInto(Map<String, Tensor> target, RasterLlama.Config wanted, WordTokenizer wantedWords) {
        var same = new RasterLlama.Config(
                config.llama(),
                wanted.words(),
                config.promptSlots(),
                wanted.grid(),
                config.codes(),
                config.codeWidth());
        if (!same.equals(wanted)) {
            throw new TrainingException(
                    directory + " has other sizes than the model to train: " + config + " instead of " + wanted);
        }
        if (words.size() > config.words()) {
            throw new TrainingException(directory + " has " + words.size() + " words in tokenizer.json, but "
                    + config.words() + " in its model: restore the checkpoint's files");
        }
        var from = Weights.of(directory.toString(), tensors);
        for (Parameter parameter : RasterLlama.parameters(config)) {
            Tensor source = from.get(parameter.name(), parameter.shape());
            Tensor tensor = target.get(parameter.name());
            if (tensor == null) {
                throw new IllegalStateException("nothing to train is called " + parameter.name());
            }
            if (WORD_TABLES.contains(parameter.name())) {
                copyWords(source, tensor, wantedWords);
            } else if (PLACE_TABLES.contains(parameter.name())) {
                tensor.copy_(stretched(source, wanted.grid()));
            } else {
                tensor.copy_(source);
            }
        }
    }

    private void copyWords(Tensor source, Tensor target, WordTokenizer wantedWords) {
        for (String word : wantedWords.vocabulary()) {
            OptionalInt from = words.id(word);
            OptionalInt to = wantedWords.id(word);
            if (from.isPresent() && to.isPresent()) {
                target.select(0, to.getAsInt()).copy_(source.select(0, from.getAsInt()));
            }
        }
    }

    /** Vectors of places {@code [grid, n]} for a grid of another number of lines over the same image. */
    private static Tensor stretched(Tensor places, long grid) {
        Tensor columns = places.t().unsqueeze(0);
        return torch.upsample_linear1d(columns, new long[] {grid}, false)
                .squeeze(0)
                .t();
    }
}
