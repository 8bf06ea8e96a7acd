package org.sjd4j.training.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.io.TextFile;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.text.WordTokenizer;
import org.sjd4j.training.data.Split;
import org.sjd4j.training.loop.TrainingException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A data set as image codes and captions: what an autoregressive model is trained on.
 *
 * @param images all images, the variations of an example next to each other
 */
public record TokenizedImages(List<Image> images) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String CODES = "codes.safetensors";
    private static final String CAPTIONS = "captions.jsonl";

    /**
     * One image.
     *
     * @param id of the example that it is a variation of
     * @param otherCaptions the same in other words, as people would type them
     * @param plain whether it is the example as it is
     * @param codes in raster order
     */
    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    public record Image(
            String id, String caption, List<String> otherCaptions, Split split, boolean plain, int[] codes) {}

    /** A line of the captions file. */
    record Line(String id, String caption, @Nullable List<String> otherCaptions, Split split, boolean plain) {}

    /** Writes a directory. */
    public void write(Path directory) {
        try {
            Files.createDirectories(directory);
            var lines = new StringBuilder();
            int length = images.getFirst().codes().length;
            int[] codes = new int[images.size() * length];
            for (int i = 0; i < images.size(); i++) {
                var image = images.get(i);
                System.arraycopy(image.codes(), 0, codes, i * length, length);
                lines.append(JSON.writeValueAsString(new Line(
                                image.id(), image.caption(), image.otherCaptions(), image.split(), image.plain())))
                        .append('\n');
            }
            Files.writeString(directory.resolve(CAPTIONS), lines);
            Tensors.inference(() -> {
                Tensor tensor = Tensors.of(codes, images.size(), length).to(ScalarType.Short);
                TensorFiles.write(directory.resolve(CODES), Map.of("codes", tensor), Map.of());
            });
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + directory, e);
        }
    }

    /**
     * Reads a directory that {@link #write} made.
     *
     * @throws TrainingException if it cannot be read
     */
    static TokenizedImages read(Path directory) {
        Path captions = directory.resolve(CAPTIONS);
        var result = new ArrayList<Image>();
        try {
            var lines = TextFile.lines(captions);
            var tensors = TensorFiles.read(directory.resolve(CODES));
            Tensor tensor = tensors.get("codes");
            if (tensor == null || tensor.dim() != 2 || tensor.size(0) != lines.size()) {
                throw new TrainingException(directory + ": " + CODES + " and " + CAPTIONS
                        + " do not belong together: delete the directory to make them anew");
            }
            int[] codes = Tensors.ints(tensor);
            int length = codes.length / lines.size();
            for (int i = 0; i < lines.size(); i++) {
                Line line = JSON.readValue(lines.get(i), Line.class);
                int[] own = Arrays.copyOfRange(codes, i * length, (i + 1) * length);
                List<String> others = line.otherCaptions() == null ? List.of() : line.otherCaptions();
                result.add(new Image(line.id(), line.caption(), others, line.split(), line.plain(), own));
            }
            tensors.values().forEach(Tensor::close);
        } catch (IOException | JacksonException e) {
            throw new TrainingException(directory + " is not readable: delete it to make it anew", e);
        }
        return new TokenizedImages(List.copyOf(result));
    }

    /** Whether a directory holds tokenized images. */
    public static boolean existsAt(Path directory) {
        return Files.exists(directory.resolve(CODES)) && Files.exists(directory.resolve(CAPTIONS));
    }

    /** The images of one split. */
    public List<Image> of(Split split) {
        return images.stream().filter(image -> image.split() == split).toList();
    }

    /** A hash of captions, splits and codes. */
    public String hash() {
        int hash = 1;
        for (var image : images) {
            hash = 31 * hash + image.caption().hashCode();
            hash = 31 * hash + image.otherCaptions().hashCode();
            hash = 31 * hash + image.split().name().hashCode();
            hash = 31 * hash + Arrays.hashCode(image.codes());
        }
        return Integer.toHexString(hash);
    }

    /** All words of the captions to train on, in alphabetical order. */
    public List<String> words() {
        var words = new TreeSet<String>();
        for (var image : of(Split.TRAIN)) {
            words.addAll(WordTokenizer.words(image.caption()));
            image.otherCaptions().forEach(caption -> words.addAll(WordTokenizer.words(caption)));
        }
        return List.copyOf(words);
    }
}
