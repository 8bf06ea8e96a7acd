package org.sjd4j.tensor;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Small helpers around LibTorch tensors: scopes, and bulk copies between Java arrays and tensors. */
public final class Tensors {
    static {
        LibTorch.load(); // before any class of the binding loads it, with the wrong BLAS library
    }

    private Tensors() {}

    /** Runs {@code work} and frees every native object that it created. */
    public static void scope(Runnable work) {
        try (var scope = new PointerScope()) {
            work.run();
        }
    }

    /** Runs {@code work}, frees every native object that it created and returns its plain Java result. */
    public static <T> T scope(Supplier<T> work) {
        try (var scope = new PointerScope()) {
            return work.get();
        }
    }

    /** As {@link #scope(Supplier)} for a native result, which survives the scope and belongs to the caller's one. */
    public static <T extends Pointer> T keep(Supplier<T> work) {
        T kept;
        try (var scope = new PointerScope()) {
            kept = work.get();
            kept.retainReference();
        }
        PointerScope outer = PointerScope.getInnerScope();
        if (outer != null) {
            outer.attach(kept);
            kept.releaseReference();
        }
        return kept;
    }

    /**
     * As {@link #keep} for what {@code work} makes of a tensor that nobody needs afterwards: {@code used} is freed too. It
     * must be the caller's own, and not one that another object holds.
     */
    public static Tensor replace(Tensor used, UnaryOperator<Tensor> work) {
        Tensor made = keep(() -> work.apply(used));
        used.close();
        return made;
    }

    /** As {@link #scope(Runnable)}, without recording for gradients. */
    public static void inference(Runnable work) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            work.run();
        }
    }

    /** As {@link #scope(Supplier)}, without recording for gradients. */
    public static <T> T inference(Supplier<T> work) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            return work.get();
        }
    }

    /** An empty CPU tensor for so many values. They are copied through a raw pointer, which knows no bounds. */
    private static Tensor empty(ScalarType type, int values, long... shape) {
        long numbers = 1;
        for (long size : shape) {
            numbers = Math.multiplyExact(numbers, size);
        }
        if (numbers != values) {
            throw new IllegalArgumentException("found %s values, expected those of a tensor of shape %s"
                    .formatted(values, Arrays.toString(shape)));
        }
        return torch.empty(shape, options(type), new MemoryFormatOptional());
    }

    /** A float32 tensor of the given shape with a copy of {@code values}. */
    public static Tensor of(float[] values, long... shape) {
        Tensor tensor = empty(ScalarType.Float, values.length, shape);
        if (values.length > 0) { // memory of no bytes has no address
            new FloatPointer(tensor.data_ptr_float()).put(values);
        }
        return tensor;
    }

    /** A float64 tensor of the given shape with a copy of {@code values}. */
    public static Tensor of(double[] values, long... shape) {
        Tensor tensor = empty(ScalarType.Double, values.length, shape);
        if (values.length > 0) { // memory of no bytes has no address
            tensor.data_ptr_double().put(values);
        }
        return tensor;
    }

    /** An int64 tensor of the given shape with a copy of {@code values}. */
    public static Tensor of(long[] values, long... shape) {
        Tensor tensor = empty(ScalarType.Long, values.length, shape);
        if (values.length > 0) { // memory of no bytes has no address
            new LongPointer(tensor.data_ptr_long()).put(values);
        }
        return tensor;
    }

    /** An int64 vector with a copy of {@code values}. */
    public static Tensor of(int[] values, long... shape) {
        long[] wide = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return of(wide, shape);
    }

    /** A copy of all elements as float32, in row-major order. */
    public static float[] floats(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.numel())];
        copy(tensor, values, 0);
        return values;
    }

    /** Copies all elements as float32 in row-major order into an array, from an index on. */
    public static void copy(Tensor tensor, float[] into, int from) {
        int count = Math.toIntExact(tensor.numel());
        Objects.checkFromIndexSize(from, count, into.length);
        if (count > 0) { // memory of no bytes has no address
            Tensors.scope(() -> {
                Tensor plain = tensor.detach().to(ScalarType.Float).cpu().contiguous();
                new FloatPointer(plain.data_ptr_float()).get(into, from, count);
            });
        }
    }

    /** A copy of all elements as float64, in row-major order. */
    public static double[] doubles(Tensor tensor) {
        double[] values = new double[Math.toIntExact(tensor.numel())];
        return Tensors.scope(() -> {
            Tensor plain = tensor.detach().to(ScalarType.Double).cpu().contiguous();
            if (values.length > 0) {
                plain.data_ptr_double().get(values);
            }
            return values;
        });
    }

    /** A copy of all elements as int32, in row-major order. */
    public static int[] ints(Tensor tensor) {
        int[] values = new int[Math.toIntExact(tensor.numel())];
        return Tensors.scope(() -> {
            Tensor plain = tensor.detach().to(ScalarType.Int).cpu().contiguous();
            if (values.length > 0) {
                plain.data_ptr_int().get(values);
            }
            return values;
        });
    }

    /** Options for a new CPU tensor of this type. */
    public static TensorOptions options(ScalarType type) {
        return new TensorOptions(type);
    }

    /** Options for a new tensor of this type on this device. */
    public static TensorOptions options(ScalarType type, Device device) {
        return new TensorOptions(type).device(new DeviceOptional(device));
    }

    /** Several tensors as LibTorch's list type. */
    public static TensorVector list(Tensor... tensors) {
        return new TensorVector(tensors);
    }

    /** Concatenates along {@code dimension}. */
    public static Tensor cat(int dimension, Tensor... tensors) {
        return torch.cat(list(tensors), dimension);
    }

    /** A constant: a native object that no scope frees, whichever is open. */
    public static <T extends Pointer> T forever(T constant) {
        constant.retainReference();
        return constant;
    }

    /** An alias of the values that records no gradients and outlives the current scope; the caller closes it. */
    public static Tensor detached(Tensor tensor) {
        Tensor alias = tensor.detach();
        alias.retainReference();
        return alias;
    }

    /** Runs {@code work} without recording for gradients; what it creates lives on. */
    public static <T> T ungraded(Supplier<T> work) {
        try (var guard = new NoGradGuard()) {
            return work.get();
        }
    }
}
