package org.sjd4j.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Tells files of weights apart without reading gigabytes: by their length, beginning and end. */
public final class Fingerprint {
    private static final int PIECE = 1 << 20;
    private static final int DIGITS = 16;
    private static final Pattern WEIGHTS = Pattern.compile("\\.(safetensors|bin|pt|pth|ckpt)$");

    private Fingerprint() {}

    /**
     * The fingerprint of a file, or of all weights in a directory.
     *
     * @throws UncheckedIOException if one cannot be read
     */
    public static String of(Path path) {
        try {
            var hash = MessageDigest.getInstance("SHA-256");
            for (Path file : files(path)) {
                hash.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
                add(hash, file);
            }
            return HexFormat.of().formatHex(hash.digest()).substring(0, DIGITS);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + path, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    private static List<Path> files(Path given) throws IOException {
        Path path = HubCache.resolve(given);
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> entries = Files.list(path)) {
            return entries.filter(entry -> WEIGHTS.matcher(entry.toString()).find())
                    .sorted()
                    .toList();
        }
    }

    private static void add(MessageDigest hash, Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long length = channel.size();
            hash.update(ByteBuffer.allocate(Long.BYTES).putLong(0, length));
            for (long begin : new long[] {0, Math.max(0, length - PIECE)}) {
                var piece = ByteBuffer.allocate((int) Math.min(PIECE, length));
                int read = 0;
                while (read >= 0 && piece.hasRemaining()) {
                    read = channel.read(piece, begin + piece.position());
                }
                hash.update(piece.flip());
            }
        }
    }
}
