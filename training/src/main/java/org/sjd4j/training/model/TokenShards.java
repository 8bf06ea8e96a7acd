package org.sjd4j.training.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.IntConsumer;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.io.TextFile;
import org.sjd4j.training.data.CaptionedImage;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.loop.Directories;
import org.sjd4j.training.loop.TrainingException;
import org.sjd4j.training.loop.TrainingListener;

/**
 * {@link TokenizedImages} in several directories below one, so that a process which is stopped goes on with the next, and
 * processes share the work. Together they are what one process makes of the data set in one go, in the same order.
 */
public final class TokenShards {
    /** Says how many shards there are, when all are there. */
    private static final String COUNT = "shards";

    /** Of how many pieces that are encoded together a shard consists, where one process does all. */
    private static final int PIECES = 16;

    private TokenShards() {}

    /** Whether a directory has all its shards. */
    static boolean areIn(Path directory) {
        return Files.exists(directory.resolve(COUNT));
    }

    private static Path shard(Path directory, int number, int count) {
        return directory.resolve(String.format(Locale.ROOT, "shard-%05d-of-%05d", number, count));
    }

    /** Whether shard {@code number} of {@code count} is finished. */
    public static boolean isFinished(Path directory, int number, int count) {
        return TokenizedImages.existsAt(shard(directory, number, count));
    }

    /**
     * Reads the tokens of a data set, which are made where they are missing.
     *
     * @throws TrainingException if the listener asks to stop; shards that are finished stay
     */
    public static TokenizedImages readOrMake(
            DataSet data, ImageEncoder encoder, Path directory, TrainingListener listener) {
        if (!areIn(directory) && !TokenizedImages.existsAt(directory)) {
            int all = data.examples().size();
            int count = Math.ceilDiv(all, PIECES * encoder.atOnce());
            for (int number = 0; number < count; number++) {
                if (!isFinished(directory, number, count)) {
                    int before = begin(all, number, count);
                    encode(data, encoder, directory, number, count, done -> {
                        listener.encoded(before + done, all);
                        if (listener.stopRequested()) {
                            throw new TrainingException("stopped with " + (before + done) + " of " + all
                                    + " images encoded: the same command goes on from there, or a little before");
                        }
                    });
                }
            }
            finish(directory, count);
            listener.encoded(all, all);
        }
        return read(directory);
    }

    /**
     * Encodes a shard: it is there whole or not at all, also when two processes encode it at once.
     *
     * @param number of the shard, from 0
     * @param count of all shards
     */
    public static void encode(DataSet data, ImageEncoder encoder, Path directory, int number, int count) {
        encode(data, encoder, directory, number, count, done -> {});
    }

    private static void encode(
            DataSet data, ImageEncoder encoder, Path directory, int number, int count, IntConsumer progress) {
        int all = data.examples().size();
        var examples = data.examples().subList(begin(all, number, count), begin(all, number + 1, count));
        Path partial = directory.resolve("shard-" + UUID.randomUUID() + ".partial");
        new TokenizedImages(encode(examples, encoder, progress)).write(partial);
        Path target = shard(directory, number, count);
        try {
            if (!isFinished(directory, number, count)) {
                Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
            } else {
                Directories.delete(partial);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + target, e);
        }
    }

    private static int begin(int examples, int number, int count) {
        return Math.toIntExact((long) examples * number / count);
    }

    private static List<TokenizedImages.Image> encode(
            List<CaptionedImage> examples, ImageEncoder encoder, IntConsumer progress) {
        var result = new ArrayList<TokenizedImages.Image>();
        for (int begin = 0; begin < examples.size(); begin += encoder.atOnce()) {
            int end = Math.min(examples.size(), begin + encoder.atOnce());
            progress.accept(begin);
            result.addAll(encoder.encode(examples.subList(begin, end)));
        }
        return List.copyOf(result);
    }

    /**
     * Says that all shards are there: from now on the directory can be read.
     *
     * @throws TrainingException if one is missing
     */
    public static void finish(Path directory, int count) {
        for (int number = 0; number < count; number++) {
            if (!isFinished(directory, number, count)) {
                throw new TrainingException(shard(directory, number, count)
                        + " is missing: the directory must be the same for all machines");
            }
        }
        AtomicFile.write(directory.resolve(COUNT), (count + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads a directory of shards, or one that {@link TokenizedImages#write} made.
     *
     * @throws TrainingException if its files do not fit together
     */
    public static TokenizedImages read(Path directory) {
        return areIn(directory) ? readAll(directory) : TokenizedImages.read(directory);
    }

    private static TokenizedImages readAll(Path directory) {
        Path file = directory.resolve(COUNT);
        try {
            int count = Integer.parseInt(TextFile.read(file).strip());
            var images = new ArrayList<TokenizedImages.Image>();
            for (int number = 0; number < count; number++) {
                images.addAll(
                        TokenizedImages.read(shard(directory, number, count)).images());
            }
            return new TokenizedImages(List.copyOf(images));
        } catch (IOException | NumberFormatException e) {
            throw new TrainingException(file + " is not readable: delete the directory to make it anew", e);
        }
    }
}
