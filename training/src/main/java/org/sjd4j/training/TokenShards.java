package org.sjd4j.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.UUID;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.pipeline.AtomicFile;
import org.sjd4j.tensor.JsonConfig;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.TensorFiles;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.vision.PatchTokenizer;

/**
 * {@link TokenizedPictures} in several directories below one, each made by another process. Together they are what one process
 * makes of the data set, in the same order.
 */
public final class TokenShards {
    /** Says how many shards there are, when all are there. */
    private static final String COUNT = "shards";

    private TokenShards() {}

    /**
     * What to encode.
     *
     * @param imageTokenizer directory of a trained image tokenizer
     * @param backgrounds how many of the named backgrounds each example is drawn on
     * @param moved how many moved and scaled copies
     * @param seed of these
     */
    public record Options(Path imageTokenizer, int backgrounds, int moved, long seed) {}

    /** Whether a directory has all its shards. */
    static boolean areIn(Path directory) {
        return Files.exists(directory.resolve(COUNT));
    }

    private static Path shard(Path directory, int number) {
        return directory.resolve("shard-%05d".formatted(number));
    }

    /** Whether a shard is finished. */
    public static boolean isFinished(Path directory, int number) {
        return TokenizedPictures.existsAt(shard(directory, number));
    }

    /**
     * Encodes a shard: it is there whole or not at all, also when two processes encode it at once.
     *
     * @param number of the shard, from 0
     * @param count of all shards
     * @throws org.sjd4j.tensor.CheckpointException if the image tokenizer cannot be read
     */
    public static void encode(DataSet data, Options options, Path directory, int number, int count) {
        LibTorch.load();
        var examples = data.examples();
        int begin = Math.toIntExact((long) examples.size() * number / count);
        int end = Math.toIntExact((long) examples.size() * (number + 1) / count);
        Path partial = directory.resolve("shard-" + UUID.randomUUID() + ".partial");
        Tensors.scope(() -> TokenizedPictures.encode(
                        data,
                        examples.subList(begin, end),
                        options.backgrounds(),
                        options.moved(),
                        options.seed(),
                        tokenizer(options.imageTokenizer(), data.size()))
                .write(partial));
        Path target = shard(directory, number);
        try {
            if (!isFinished(directory, number)) {
                Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
            } else {
                RunDirectory.delete(partial);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + target, e);
        }
    }

    private static PatchTokenizer tokenizer(Path directory, int size) {
        var config = PatchTokenizer.Config.from(JsonConfig.read(directory.resolve("config.json")))
                .withImageSize(size);
        Path file = directory.resolve("model.safetensors");
        return new PatchTokenizer(
                config, Weights.of(file.toString(), TensorFiles.read(file, ScalarType.Float, new Device("cpu"))));
    }

    /**
     * Says that all shards are there: from now on the directory can be read.
     *
     * @throws TrainingException if one is missing
     */
    public static void finish(Path directory, int count) {
        for (int number = 0; number < count; number++) {
            if (!isFinished(directory, number)) {
                throw new TrainingException(
                        shard(directory, number) + " is missing: the directory must be the same for all machines");
            }
        }
        AtomicFile.write(directory.resolve(COUNT), (count + "\n").getBytes(StandardCharsets.UTF_8));
    }

    static TokenizedPictures read(Path directory) {
        Path file = directory.resolve(COUNT);
        try {
            int count = Integer.parseInt(Files.readString(file).strip());
            var pictures = new ArrayList<TokenizedPictures.Picture>();
            for (int number = 0; number < count; number++) {
                pictures.addAll(TokenizedPictures.read(shard(directory, number)).pictures());
            }
            return new TokenizedPictures(pictures);
        } catch (IOException | NumberFormatException e) {
            throw new TrainingException(file + " is not readable: delete the directory to make it anew", e);
        }
    }
}
