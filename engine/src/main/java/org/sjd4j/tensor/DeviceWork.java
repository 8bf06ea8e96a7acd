package org.sjd4j.tensor;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Work of a fixed shape on a device: the same operators on the same tensors each time. On a GPU it is recorded as a graph at
 * the first call and replayed from then on, which spares launching every kernel; where recording fails, and on the CPU, the
 * operators run one by one.
 *
 * @param <T> what the work makes: tensors of the device
 */
public final class DeviceWork<T> implements AutoCloseable {
    /** A system property that forbids graphs, to compare. */
    private static final String EAGER = "sjd4j.eager";

    private static final Logger LOG = System.getLogger(DeviceWork.class.getName());

    /** What {@link #record} made: launched again and again. */
    interface Graph extends AutoCloseable {
        /** Begins the work. */
        void replay();

        @Override
        void close();
    }

    /**
     * A graph and what its work makes each time: the same tensors, in memory that belongs to the graph.
     *
     * @param <T> tensors
     */
    record Recording<T>(Graph graph, T result) {}

    /** Work cannot be recorded; it can run operator by operator. */
    static final class RecordingException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RecordingException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** Records work. */
    @FunctionalInterface
    interface Recorder {
        /**
         * @param work makes a result that outlives its scope
         * @param free frees a result
         * @throws RecordingException if it cannot be recorded
         */
        <T> Recording<T> record(Supplier<T> work, Consumer<T> free);
    }

    private final Device device;
    private final @Nullable Recorder recorder;
    private final Supplier<T> operators;
    private final UnaryOperator<T> keep;
    private final Consumer<T> free;
    private @Nullable Recording<T> recording;
    private boolean failed;

    /**
     * Work that has not run yet.
     *
     * @param operators the work; what it makes belongs to the scope of the call
     * @param keep makes a result that outlives the scope
     * @param free frees what {@code keep} made
     */
    public DeviceWork(Device device, Supplier<T> operators, UnaryOperator<T> keep, Consumer<T> free) {
        this(device, recorder(device), operators, keep, free);
    }

    /** As the public one, with another recorder; nothing for none. */
    DeviceWork(
            Device device,
            @Nullable Recorder recorder,
            Supplier<T> operators,
            UnaryOperator<T> keep,
            Consumer<T> free) {
        this.device = device;
        this.recorder = recorder;
        this.operators = operators;
        this.keep = keep;
        this.free = free;
    }

    private static @Nullable Recorder recorder(Device device) {
        if (!device.is_cuda() || Boolean.getBoolean(EAGER)) {
            return null;
        }
        return new Recorder() {
            @Override
            public <R> Recording<R> record(Supplier<R> work, Consumer<R> free) {
                return CudaGraph.record(device, work, free);
            }
        };
    }

    /** Begins the work; what it makes is there after {@link #await}, until the next call. */
    public T run() {
        if (recording == null && recorder != null && !failed) {
            recording = record(recorder);
        }
        if (recording == null) {
            return operators.get();
        }
        recording.graph.replay();
        return recording.result;
    }

    private @Nullable Recording<T> record(Recorder by) {
        try {
            return by.record(() -> keep.apply(operators.get()), free);
        } catch (RecordingException e) {
            LOG.log(
                    Level.WARNING,
                    "a pass could not be recorded as a graph; its operators run one by one, which takes longer",
                    e);
            failed = true;
            return null;
        }
    }

    /** Waits until the device has done what it was told. */
    public void await() {
        if (device.is_cuda()) {
            torch.getCurrentStream((byte) Math.max(0, device.index())).synchronize();
        }
    }

    @Override
    public void close() {
        if (recording != null) {
            recording.graph.close();
            free.accept(recording.result);
            recording = null;
        }
    }
}
