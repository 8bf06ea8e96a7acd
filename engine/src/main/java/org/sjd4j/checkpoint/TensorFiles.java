package org.sjd4j.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.DType;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Tensors;

/** Tensors from and to safetensors files. */
public final class TensorFiles {
    private TensorFiles() {}

    /**
     * Copies every tensor of a file, or of a sharded checkpoint directory, into memory.
     *
     * @return by name, in the file's own types
     * @throws CheckpointException if the file is malformed or a type has no counterpart in LibTorch
     */
    public static Map<String, Tensor> read(Path path) {
        LibTorch.load();
        try (var checkpoint = Checkpoint.open(path)) {
            var tensors = new LinkedHashMap<String, Tensor>();
            for (String name : checkpoint.names()) {
                tensors.put(name, copy(checkpoint.info(name), checkpoint.segment(name), checkpoint.source()));
            }
            return tensors;
        }
    }

    /** As {@link #read(Path)}, with floating-point tensors converted and everything moved to a device. */
    public static Map<String, Tensor> read(Path path, ScalarType dtype, Device device) {
        var tensors = read(path);
        tensors.replaceAll((name, tensor) -> {
            ScalarType target = torch.isFloatingType(tensor.scalar_type())
                    ? dtype
                    : tensor.scalar_type().intern();
            Tensor moved = tensor.to(device, target);
            if (!moved.is_same(tensor)) {
                tensor.close();
            }
            return moved;
        });
        return tensors;
    }

    /**
     * A tensor over the bytes of a mapped file, without a copy: unless it begins between two places where such numbers may
     * lie, for compiled loops expect them there.
     *
     * @throws CheckpointException if LibTorch has no tensors of this type or shape
     */
    static Tensor view(TensorInfo info, MemorySegment segment, String source) {
        int size = info.dtype().bits() / Byte.SIZE;
        if (segment.byteSize() == 0 || segment.address() % Math.max(1, size) != 0) {
            return copy(info, segment, source);
        }
        var data = new AddressPointer(segment.address());
        return torch.from_blob(data, shape(info, source), Tensors.options(scalarType(info, source)));
    }

    /** The shape of a tensor, whose strides LibTorch can count even if a size of 0 makes it empty. */
    private static long[] shape(TensorInfo info, String source) {
        long[] shape = info.shape();
        try {
            long bytes = info.dtype().bits();
            for (long size : shape) {
                bytes = Math.multiplyExact(bytes, Math.max(1, size));
            }
        } catch (ArithmeticException e) {
            throw new CheckpointException(
                    source,
                    "tensor '" + info.name() + "' of shape " + Arrays.toString(shape),
                    "sizes whose product is a number of 63 bits",
                    "export the checkpoint again",
                    e);
        }
        return shape;
    }

    /** A pointer to memory that something else owns. */
    private static final class AddressPointer extends Pointer {
        AddressPointer(long address) {
            this.address = address;
        }
    }

    private static Tensor copy(TensorInfo info, MemorySegment segment, String source) {
        Tensor tensor =
                torch.empty(shape(info, source), Tensors.options(scalarType(info, source)), new MemoryFormatOptional());
        if (segment.byteSize() > 0) {
            MemorySegment.copy(segment, 0, memory(tensor, segment.byteSize()), 0, segment.byteSize());
        }
        return tensor;
    }

    /**
     * Writes tensors as one file, atomically.
     *
     * @throws CheckpointException if the file cannot be written
     */
    public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
        var writer = new SafetensorsWriter();
        metadata.forEach(writer::metadata);
        Tensors.inference(() -> {
            var kept = new ArrayList<Tensor>();
            tensors.forEach((name, tensor) -> {
                Tensor plain = tensor.detach().cpu().contiguous();
                kept.add(plain);
                DType type = DType.valueOf(name(plain.scalar_type().intern()));
                writer.add(name, type, plain.shape(), memory(plain, type.byteSize(plain.shape())));
            });
            writer.write(file);
            kept.forEach(Pointer::close);
        });
    }

    private static MemorySegment memory(Tensor tensor, long bytes) {
        Pointer data = new BytePointer(tensor.data_ptr());
        return MemorySegment.ofAddress(data.address()).reinterpret(bytes);
    }

    private static ScalarType scalarType(TensorInfo info, String source) {
        return switch (info.dtype()) {
            case BOOL -> ScalarType.Bool;
            case U8 -> ScalarType.Byte;
            case I8 -> ScalarType.Char;
            case I16 -> ScalarType.Short;
            case I32 -> ScalarType.Int;
            case I64 -> ScalarType.Long;
            case F16 -> ScalarType.Half;
            case BF16 -> ScalarType.BFloat16;
            case F32 -> ScalarType.Float;
            case F64 -> ScalarType.Double;
            default ->
                throw new CheckpointException(
                        source,
                        "tensor '" + info.name() + "' of type " + info.dtype(),
                        "an ordinary integer or floating-point type",
                        "convert the checkpoint to F32, BF16 or F16");
        };
    }

    private static String name(ScalarType type) {
        return switch (type) {
            case Bool -> "BOOL";
            case Byte -> "U8";
            case Char -> "I8";
            case Short -> "I16";
            case Int -> "I32";
            case Long -> "I64";
            case Half -> "F16";
            case BFloat16 -> "BF16";
            case Float -> "F32";
            case Double -> "F64";
            default -> throw new IllegalArgumentException("no safetensors type for " + type);
        };
    }
}
