package org.sjd4j.checkpoint;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Weights;

/**
 * The tensors of a checkpoint where they lie in its mapped files: nothing is read before it is used, and what the system
 * needs memory for can be dropped and read again.
 *
 * <p>Tensors must not be written to, and not be used after {@link #close}.
 */
public final class MappedCheckpoint implements AutoCloseable {
    private final Checkpoint checkpoint;
    private final Map<String, Tensor> tensors;
    private final PointerScope scope;

    private MappedCheckpoint(Checkpoint checkpoint, Map<String, Tensor> tensors, PointerScope scope) {
        this.checkpoint = checkpoint;
        this.tensors = tensors;
        this.scope = scope;
    }

    /**
     * Maps a file or a checkpoint directory.
     *
     * @throws CheckpointException if it is malformed or a type has no counterpart in LibTorch
     */
    @SuppressWarnings("MustBeClosed") // handed to the result, which closes it
    public static MappedCheckpoint open(Path path) {
        LibTorch.load();
        var checkpoint = Checkpoint.open(path);
        boolean opened = false;
        try (var scope = new PointerScope()) {
            var tensors = new LinkedHashMap<String, Tensor>();
            for (String name : checkpoint.names()) {
                tensors.put(
                        name, TensorFiles.view(checkpoint.info(name), checkpoint.segment(name), checkpoint.source()));
            }
            scope.extend();
            opened = true;
            return new MappedCheckpoint(checkpoint, tensors, scope);
        } finally {
            if (!opened) {
                checkpoint.close();
            }
        }
    }

    /** All tensors by name, in the files' own types. */
    public Map<String, Tensor> tensors() {
        return tensors;
    }

    /** All tensors as weights, in the files' own types. */
    public Weights weights() {
        return Weights.of(checkpoint.source(), tensors, this::release);
    }

    /**
     * All tensors as weights of a device, in the files' own types: where they lie, if that is a CPU; otherwise each is copied
     * when it is read, so that neither this machine nor the device holds more at a time than what the reader keeps.
     */
    public Weights on(Device device) {
        return device.is_cpu() ? weights() : copiedOnReading(device);
    }

    /** All tensors as weights that are copied to a device when they are read. */
    Weights copiedOnReading(Device device) {
        return Weights.ofCopies(
                checkpoint.source(),
                tensors,
                tensor -> tensor.to(device, tensor.scalar_type().intern()),
                this::release);
    }

    /** Gives back the memory of the pages that were read; they are read again when they are used again. */
    private void release() {
        for (String name : checkpoint.names()) {
            var segment = checkpoint.segment(name);
            if (segment.isMapped() && segment.byteSize() > 0) {
                segment.unload();
            }
        }
    }

    /** Bytes of all tensors as they are stored. */
    public long bytes() {
        return checkpoint.names().stream()
                .mapToLong(name -> checkpoint.info(name).byteSize())
                .sum();
    }

    /**
     * Copies of some tensors on a device, those of floating-point numbers in one type; they belong to the caller's scope.
     *
     * @param chosen whether a name is one of them
     */
    public Weights copies(Predicate<String> chosen, ScalarType type, Device device) {
        var copies = new LinkedHashMap<String, Tensor>();
        tensors.forEach((name, tensor) -> {
            if (chosen.test(name)) {
                ScalarType target = torch.isFloatingType(tensor.scalar_type())
                        ? type
                        : tensor.scalar_type().intern();
                Tensor moved = tensor.to(device, target);
                copies.put(name, moved.is_same(tensor) ? tensor.clone() : moved);
            }
        });
        return Weights.of(checkpoint.source(), copies);
    }

    /** Unmaps the files. */
    @Override
    public void close() {
        scope.close();
        checkpoint.close();
    }
}
