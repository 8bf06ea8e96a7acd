package org.sjd4j.tensor;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Numbers that a device reads in every pass: a tensor there that stays where it is, and one here that is written first. On
 * the CPU both are the same. What a GPU reads lies in pinned memory, from which it copies by itself.
 */
public final class StagedTensor {
    private final Tensor host;
    private final Tensor device;

    private StagedTensor(Tensor host, Tensor device) {
        this.host = host;
        this.device = device;
    }

    /** Zeros of this type, which belong to the caller's scope; at least one, as memory of no bytes has no address. */
    public static StagedTensor zeros(ScalarType type, int count, Device device) {
        long[] shape = {Math.max(1, count)};
        Tensor host = pinned(type, device, shape);
        host.zero_();
        return new StagedTensor(host, device.is_cpu() ? host : torch.zeros(shape, Tensors.options(type, device)));
    }

    /** A CPU tensor from and to which the device copies by itself. */
    public static Tensor pinned(ScalarType type, Device device, long... shape) {
        TensorOptions options = Tensors.options(type).pinned_memory(new BoolOptional(device.is_cuda()));
        return torch.empty(shape, options, new MemoryFormatOptional());
    }

    /** Begins to copy int64 numbers to the device; what follows on it sees them. */
    public void send(long[] numbers) {
        require(numbers.length);
        new LongPointer(host.data_ptr_long()).put(numbers);
        send();
    }

    /** Begins to copy float32 numbers to the device; what follows on it sees them. */
    public void send(float[] numbers) {
        require(numbers.length);
        new FloatPointer(host.data_ptr_float()).put(numbers);
        send();
    }

    private void require(int count) {
        if (count > host.numel()) {
            throw new IllegalArgumentException(
                    "found %s numbers, expected at most %s".formatted(count, Arrays.toString(host.shape())));
        }
    }

    private void send() {
        if (!device.is_cpu()) {
            device.copy_(host, true);
        }
    }

    /** The numbers as the device reads them, {@code [count]}. */
    public Tensor device() {
        return device;
    }
}
