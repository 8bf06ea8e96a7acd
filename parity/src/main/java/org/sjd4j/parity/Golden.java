package org.sjd4j.parity;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.checkpoint.JsonFile;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.vision.Pixels;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** What the official code gave, and how far it is from what we give. */
public final class Golden {
    /** The largest relative error of float32 numbers: {@code max|a - b| / max(1, max|b|)}. */
    public static final double TOLERANCE = 5e-5;

    private static final String FILE = "golden.safetensors";

    /** Truncation at a whole level can go either way. */
    private static final double LEVELS_OFF = 1e-3;

    private final Path directory;
    private final Map<String, Tensor> tensors;
    private final JsonNode info;
    private final List<Check> checks = new ArrayList<>();
    private final Set<String> read = new HashSet<>();

    private Golden(Path directory, Map<String, Tensor> tensors) {
        this.directory = directory;
        this.tensors = tensors;
        this.info = json("golden.json").path("info");
    }

    /**
     * Reads {@code golden.safetensors}.
     *
     * @throws CheckpointException if it is not there or malformed
     */
    public static Golden read(Path directory) {
        Path file = directory.resolve(FILE);
        CheckpointFile.requireBinary(file, "numbers to compare with");
        return new Golden(directory, TensorFiles.read(file));
    }

    /**
     * Adds the numbers of another file of the directory, if it is there.
     *
     * @throws CheckpointException if it is malformed or has a tensor of a name that occurred before
     */
    public void add(String file) {
        Path path = directory.resolve(file);
        if (CheckpointFile.isThere(path)) {
            TensorFiles.read(path).forEach((name, tensor) -> {
                if (tensors.putIfAbsent(name, tensor) != null) {
                    throw new CheckpointException(
                            path.toString(),
                            "tensor '" + name + "', which is also in another file",
                            "each name once",
                            "restore the file");
                }
            });
        }
    }

    /** Whether there is a tensor of this name. */
    public boolean has(String name) {
        return tensors.containsKey(name);
    }

    /** A tensor of this name, which must be there. */
    public Tensor get(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new CheckpointException(
                    directory.resolve(FILE).toString(),
                    "no tensor '" + name + "'",
                    "it beside the others of its kind",
                    "restore the file");
        }
        read.add(name);
        return tensor;
    }

    /** The names of the tensors that were not compared so far. */
    public SortedSet<String> unread() {
        var names = new TreeSet<>(tensors.keySet());
        names.removeAll(read);
        return names;
    }

    /** An image {@code [height, width, 3]} of levels, which must be there. */
    public BufferedImage image(String name) {
        return image(get(name));
    }

    /** Images {@code [count, height, width, 3]} of levels, which must be there. */
    public List<BufferedImage> images(String name) {
        Tensor images = get(name);
        return IntStream.range(0, Math.toIntExact(images.size(0)))
                .mapToObj(i -> image(images.select(0, i)))
                .toList();
    }

    private static BufferedImage image(Tensor pixels) {
        int width = Math.toIntExact(pixels.size(1));
        var image = new BufferedImage(width, Math.toIntExact(pixels.size(0)), BufferedImage.TYPE_INT_RGB);
        int[] levels = Tensors.ints(pixels);
        for (int i = 0; i < levels.length / 3; i++) {
            image.setRGB(i % width, i / width, levels[3 * i] << 16 | levels[3 * i + 1] << 8 | levels[3 * i + 2]);
        }
        return image;
    }

    /** A tensor of whole numbers, which must be there. */
    public int[] ids(String name) {
        return Tensors.ints(get(name));
    }

    /** The parts of the names that a pattern's first group matches, in order. */
    public List<String> variants(Pattern pattern) {
        var found = new TreeSet<String>();
        for (String name : tensors.keySet()) {
            var matcher = pattern.matcher(name);
            if (matcher.matches()) {
                found.add(matcher.group(1));
            }
        }
        return List.copyOf(found);
    }

    /** What {@code golden.json} says about how the numbers were made. */
    public JsonNode info() {
        return info;
    }

    /** A JSON file of the directory, or a missing node. */
    public JsonNode json(String name) {
        Path file = directory.resolve(name);
        if (!CheckpointFile.isThere(file)) {
            return MissingNode.getInstance();
        }
        return JsonFile.read(file, "golden values", "restore the file");
    }

    /** All outcomes so far. */
    public List<Check> checks() {
        return checks;
    }

    /** Compares numbers with the tensor of this name, if there is one. */
    public void close(String name, @Nullable Tensor ours) {
        if (ours != null && has(name)) {
            close(name, ours, get(name), TOLERANCE);
        }
    }

    /** Compares numbers with expected ones. */
    public void close(String name, Tensor ours, Tensor expected, double tolerance) {
        close(name, Tensors.doubles(ours), Tensors.doubles(expected), tolerance);
    }

    /** Compares numbers, in double precision, with expected ones. */
    public void close(String name, double[] ours, double[] expected, double tolerance) {
        double error = ours.length == expected.length ? 0 : Double.POSITIVE_INFINITY;
        double largest = 1;
        for (int i = 0; i < Math.min(ours.length, expected.length); i++) {
            double difference = Math.abs(ours[i] - expected[i]);
            error = Math.max(error, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
            largest = Math.max(largest, Math.abs(expected[i]));
        }
        checks.add(new Check(name, error / largest, tolerance));
    }

    /** Compares ids or codes with the tensor of this name, if there is one. */
    public void same(String name, Tensor ours) {
        if (has(name)) {
            same(name, Tensors.ints(ours), ids(name));
        }
    }

    /** Compares ids or codes, all of which must agree. */
    public void same(String name, int[] ours, int[] expected) {
        int wrong = Math.abs(ours.length - expected.length);
        for (int i = 0; i < Math.min(ours.length, expected.length); i++) {
            wrong += ours[i] == expected[i] ? 0 : 1;
        }
        checks.add(new Check(name, (double) wrong / Math.max(1, expected.length), 0));
    }

    /** Compares a number with an expected one whose error counts relative to another magnitude. */
    public void within(String name, double ours, double expected, double magnitude, double tolerance) {
        double difference = Math.abs(ours - expected);
        double error = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference / magnitude;
        checks.add(new Check(name, error, tolerance));
    }

    /** Compares what holds or not. */
    public void holds(String name, boolean holds) {
        checks.add(new Check(name, holds ? 0 : 1, 0));
    }

    /**
     * Compares images {@code [batch, 3, height, width]} in -1..1, rounded down to levels, with the tensor {@code [batch,
     * height, width, 3]} of this name, if there is one.
     */
    public void levels(String name, Tensor images) {
        if (!has(name)) {
            return;
        }
        int[] expected = ids(name);
        int[] ours =
                Pixels.truncated(images).stream().flatMapToInt(Golden::levels).toArray();
        int off = Math.abs(ours.length - expected.length);
        for (int i = 0; i < Math.min(ours.length, expected.length); i++) {
            int difference = Math.abs(ours[i] - expected[i]);
            off += difference <= 1 ? difference : expected.length;
        }
        checks.add(new Check(name, (double) off / expected.length, LEVELS_OFF));
    }

    private static IntStream levels(BufferedImage image) {
        int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        return Arrays.stream(pixels)
                .flatMap(pixel -> IntStream.of(pixel >> 16 & 0xff, pixel >> 8 & 0xff, pixel & 0xff));
    }
}
