package org.sjd4j.metrics.inception;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.checkpoint.SafetensorsFile;
import org.sjd4j.checkpoint.SafetensorsWriter;
import org.sjd4j.tensor.DType;

/** The tiny InceptionV3 with golden numbers, and others made after it. */
public final class TinyInception {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** A tensor in Java's memory. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Tensor(DType dtype, long[] shape, MemorySegment data) {
        /** Float32 numbers. */
        public static Tensor of(float[] values, long... shape) {
            byte[] bytes = new byte[values.length * Float.BYTES];
            var data = MemorySegment.ofArray(bytes);
            MemorySegment.copy(values, 0, data, F32, 0, values.length);
            return new Tensor(DType.F32, shape, data);
        }

        /** Its numbers, if it is of float32. */
        public float[] floats() {
            return data.toArray(F32);
        }
    }

    private TinyInception() {}

    /** Where it is; the test is skipped if it is nowhere. */
    public static Path folder() {
        return Fixtures.folder().resolve("tiny-inception-fid");
    }

    /** Its tensors by name. */
    public static TreeMap<String, Tensor> tensors() {
        var tensors = new TreeMap<String, Tensor>();
        try (var file = SafetensorsFile.open(folder().resolve("model.safetensors"))) {
            for (String name : file.names()) {
                byte[] data = file.segment(name).toArray(ValueLayout.JAVA_BYTE);
                tensors.put(
                        name,
                        new Tensor(file.info(name).dtype(), file.info(name).shape(), MemorySegment.ofArray(data)));
            }
        }
        return tensors;
    }

    /** A tensor that is there. */
    public static Tensor get(TreeMap<String, Tensor> tensors, String name) {
        return Objects.requireNonNull(tensors.get(name), name);
    }

    /** Writes tensors as a directory's weights. */
    public static Path write(Path directory, TreeMap<String, Tensor> tensors) {
        var writer = new SafetensorsWriter();
        tensors.forEach((name, tensor) -> writer.add(name, tensor.dtype(), tensor.shape(), tensor.data()));
        writer.write(directory.resolve("model.safetensors"));
        return directory;
    }

    /** Copies everything but the weights. */
    public static void copyGoldens(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(folder())) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (name.contains("golden")) {
                    Files.copy(file, directory.resolve(name));
                }
            }
        }
    }

    /**
     * Random weights of a network with more channels, without counters of training.
     *
     * @param times how many times as many
     * @param dtype BF16, or F32 with the same values
     */
    public static TreeMap<String, Tensor> wider(int times, DType dtype, long seed) {
        var random = new SplittableRandom(seed);
        var wider = new TreeMap<String, Tensor>();
        tensors().forEach((name, tensor) -> {
            if (!name.endsWith("num_batches_tracked")) {
                long[] shape = tensor.shape().clone();
                shape[0] *= times;
                if (shape.length > 1 && !name.startsWith("Conv2d_1a")) {
                    shape[1] *= times;
                }
                wider.put(name, random(dtype, shape, name.endsWith("running_var"), random));
            }
        });
        return wider;
    }

    private static Tensor random(DType dtype, long[] shape, boolean positive, SplittableRandom random) {
        int count = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
        double scale = 1 / Math.sqrt(shape.length == 4 ? shape[1] * shape[2] * shape[3] : 1);
        int size = dtype == DType.BF16 ? Short.BYTES : Float.BYTES;
        var data = MemorySegment.ofArray(new byte[count * size]);
        for (int i = 0; i < count; i++) {
            float value = (float) (positive ? 0.5 + random.nextDouble() : scale * random.nextGaussian());
            int bits = Float.floatToIntBits(value) & 0xffff0000;
            if (dtype == DType.BF16) {
                data.setAtIndex(BF16, i, (short) (bits >> 16));
            } else {
                data.setAtIndex(F32, i, Float.intBitsToFloat(bits));
            }
        }
        return new Tensor(dtype, shape, data);
    }
}
