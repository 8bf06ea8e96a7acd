package org.sjd4j.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.pipeline.PictureSize;
import org.sjd4j.prompt.WordTokenizer;
import org.sjd4j.tensor.TensorFiles;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.data.CaptionedPicture;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.training.data.Split;
import org.sjd4j.vision.ImageTokenizer;
import org.sjd4j.vision.PatchTokenizer;
import org.sjd4j.vision.Pixels;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A data set as image codes and captions: what an autoregressive model is trained on.
 *
 * @param pictures all pictures, the variations of an example next to each other
 */
public record TokenizedPictures(List<Picture> pictures) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String CODES = "codes.safetensors";
    private static final String CAPTIONS = "captions.jsonl";
    private static final int DRAWN_AT_ONCE = 128;
    private static final int ENCODED_AT_ONCE = 64;

    /**
     * One picture.
     *
     * @param id of the example that it is a variation of
     * @param plain whether it is the example as it is
     * @param codes in raster order
     */
    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    public record Picture(String id, String caption, Split split, boolean plain, int[] codes) {}

    /** A line of the captions file. */
    record Line(String id, String caption, Split split, boolean plain) {}

    /**
     * Draws and encodes a data set, a few examples at a time, for all its pictures together may not fit into memory.
     *
     * @param backgrounds how many of the named backgrounds each example is drawn on
     * @param moved how many moved and scaled copies
     */
    static TokenizedPictures encode(DataSet data, int backgrounds, int moved, long seed, PatchTokenizer tokenizer) {
        return encode(data, data.examples(), backgrounds, moved, seed, tokenizer);
    }

    /** As {@link #encode(DataSet, int, int, long, PatchTokenizer)}, some of its examples. */
    static TokenizedPictures encode(
            DataSet data,
            List<CaptionedPicture> examples,
            int backgrounds,
            int moved,
            long seed,
            PatchTokenizer tokenizer) {
        var result = new ArrayList<Picture>();
        for (int begin = 0; begin < examples.size(); begin += DRAWN_AT_ONCE) {
            var some = examples.subList(begin, Math.min(examples.size(), begin + DRAWN_AT_ONCE));
            result.addAll(encode(PictureStore.draw(data, some, backgrounds, moved, seed), tokenizer));
        }
        return new TokenizedPictures(List.copyOf(result));
    }

    private static List<Picture> encode(PictureStore store, PatchTokenizer tokenizer) {
        var all = store.pictures();
        var result = new ArrayList<Picture>();
        for (int begin = 0; begin < all.size(); begin += ENCODED_AT_ONCE) {
            var batch = all.subList(begin, Math.min(all.size(), begin + ENCODED_AT_ONCE));
            int[] codes =
                    Tensors.inference(() -> Tensors.ints(tokenizer.encode(PictureStore.tensor(batch, store.size()))));
            int length = codes.length / batch.size();
            for (int i = 0; i < batch.size(); i++) {
                var picture = batch.get(i);
                int[] own = java.util.Arrays.copyOfRange(codes, i * length, (i + 1) * length);
                var example = picture.example();
                result.add(new Picture(example.id(), picture.caption(), example.split(), picture.plain(), own));
            }
        }
        return result;
    }

    /**
     * Encodes the pictures of a folder with a published image tokenizer, one at a time, for they may be large.
     *
     * @param size of the pieces from their middles that are encoded
     */
    static TokenizedPictures encode(FolderDataSet data, PictureSize size, ImageTokenizer tokenizer, Device device) {
        var result = new ArrayList<Picture>();
        for (var example : data.examples()) {
            var piece = data.cut(example, size.width(), size.height());
            int[] codes = Tensors.inference(
                    () -> Tensors.ints(tokenizer.encode(Pixels.picture(piece).to(device, ScalarType.Float))));
            result.add(new Picture(example.id(), example.caption(), example.split(), true, codes));
        }
        return new TokenizedPictures(List.copyOf(result));
    }

    /** Writes a directory. */
    public void write(Path directory) {
        try {
            Files.createDirectories(directory);
            var lines = new StringBuilder();
            int length = pictures.getFirst().codes().length;
            int[] codes = new int[pictures.size() * length];
            for (int i = 0; i < pictures.size(); i++) {
                var picture = pictures.get(i);
                System.arraycopy(picture.codes(), 0, codes, i * length, length);
                lines.append(JSON.writeValueAsString(
                                new Line(picture.id(), picture.caption(), picture.split(), picture.plain())))
                        .append('\n');
            }
            Files.writeString(directory.resolve(CAPTIONS), lines);
            Tensors.inference(() -> {
                Tensor tensor = Tensors.of(codes, pictures.size(), length).to(ScalarType.Short);
                TensorFiles.write(directory.resolve(CODES), Map.of("codes", tensor), Map.of());
            });
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + directory, e);
        }
    }

    /**
     * Reads a directory that {@link #write} made, or the {@linkplain TokenShards shards} in one.
     *
     * @throws TrainingException if its two files do not fit together
     */
    public static TokenizedPictures read(Path directory) {
        return TokenShards.areIn(directory) ? TokenShards.read(directory) : readWhole(directory);
    }

    private static TokenizedPictures readWhole(Path directory) {
        Path captions = directory.resolve(CAPTIONS);
        var result = new ArrayList<Picture>();
        try {
            var lines = Files.readAllLines(captions);
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
                int[] own = java.util.Arrays.copyOfRange(codes, i * length, (i + 1) * length);
                result.add(new Picture(line.id(), line.caption(), line.split(), line.plain(), own));
            }
            tensors.values().forEach(Tensor::close);
        } catch (IOException | JacksonException e) {
            throw new TrainingException(directory + " is not readable: delete it to make it anew", e);
        }
        return new TokenizedPictures(List.copyOf(result));
    }

    /** Whether a directory holds tokenized pictures. */
    public static boolean existsAt(Path directory) {
        return TokenShards.areIn(directory)
                || (Files.exists(directory.resolve(CODES)) && Files.exists(directory.resolve(CAPTIONS)));
    }

    /** The pictures of one split. */
    public List<Picture> of(Split split) {
        return pictures.stream().filter(picture -> picture.split() == split).toList();
    }

    /** A hash of captions, splits and codes. */
    String hash() {
        int hash = 1;
        for (var picture : pictures) {
            hash = 31 * hash + picture.caption().hashCode();
            hash = 31 * hash + picture.split().name().hashCode();
            hash = 31 * hash + java.util.Arrays.hashCode(picture.codes());
        }
        return Integer.toHexString(hash);
    }

    /** All words of the captions to train on, in alphabetical order. */
    public List<String> words() {
        var words = new TreeSet<String>();
        for (var picture : of(Split.TRAIN)) {
            words.addAll(WordTokenizer.words(picture.caption()));
        }
        return List.copyOf(words);
    }
}
