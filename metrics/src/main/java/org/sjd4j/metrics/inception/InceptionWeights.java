package org.sjd4j.metrics.inception;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Device;
import org.sjd4j.checkpoint.Checkpoint;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.Tensors;

/**
 * InceptionV3 as it lies in files.
 *
 * @param network loaded, on the thread that called
 * @param fingerprint eight digits that tell other weights apart; the same in every format that keeps the values
 */
public record InceptionWeights(NativeMemory<InceptionV3> network, String fingerprint) {
    private static final String PUBLISHED = ".pth";
    private static final int FINGERPRINT = 4;

    /**
     * Reads a network.
     *
     * @throws CheckpointException if there is none, or another one
     */
    public static InceptionWeights open(Path path, Device device) {
        try (var files = MappedCheckpoint.open(file(path))) {
            if (files.tensors().keySet().stream().noneMatch(name -> name.startsWith("Mixed_"))) {
                throw new CheckpointException(
                        path.toString(),
                        "no tensor of InceptionV3",
                        "its weights under torchvision's names, as pytorch-fid publishes them",
                        "check the path");
            }
            var network = NativeMemory.of(() -> new InceptionV3(files.on(device)));
            return new InceptionWeights(network, fingerprint(files));
        }
    }

    /**
     * Whether there is a network of this kind, told by a name among its weights.
     *
     * @throws CheckpointException if there is a file as pytorch-fid publishes it, and it cannot be read
     */
    public static boolean isAt(Path path) {
        Path file = file(path);
        try (var checkpoint = Checkpoint.open(file)) {
            return checkpoint.contains(InceptionV3.SIGNATURE);
        } catch (CheckpointException e) {
            if (file.toString().endsWith(PUBLISHED)) {
                throw e;
            }
            return false; // what else it is may be known elsewhere, where the reason is told
        }
    }

    /** The files of this directory that PyTorch saved. */
    public static List<Path> saved(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(PUBLISHED))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new CheckpointException(
                    directory.toString(),
                    "a directory that cannot be read",
                    "a readable one",
                    "check its permissions",
                    e);
        }
    }

    private static Path file(Path given) {
        Path path = HubCache.resolve(given);
        if (!Files.isDirectory(path) || CheckpointFile.isThere(path.resolve("model.safetensors"))) {
            return path;
        }
        List<Path> saved = saved(path);
        return saved.size() == 1 ? saved.getFirst() : path;
    }

    private static String fingerprint(MappedCheckpoint files) {
        MessageDigest digest = sha256();
        new TreeMap<>(files.tensors()).forEach((name, tensor) -> {
            if (!InceptionV3.isUnused(name)) {
                float[] values = Tensors.floats(tensor);
                var bytes = ByteBuffer.allocate(values.length * Float.BYTES);
                bytes.asFloatBuffer().put(values);
                digest.update(name.getBytes(StandardCharsets.UTF_8));
                digest.update(bytes);
            }
        });
        return HexFormat.of().formatHex(digest.digest(), 0, FINGERPRINT);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
