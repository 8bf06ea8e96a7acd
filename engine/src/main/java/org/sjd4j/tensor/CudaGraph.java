package org.sjd4j.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Stream;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.jspecify.annotations.Nullable;

/**
 * Kernels that were recorded once and are launched together: LibTorch's {@code at::cuda::CUDAGraph}, for which the binding
 * has no class. Its methods are called by their C++ names.
 *
 * <p>Work that is recorded must not copy from memory that is not pinned, nor wait for the device, nor choose operators by
 * numbers on it.
 */
final class CudaGraph implements DeviceWork.Graph {
    /** More than a {@code CUDAGraph} takes. */
    private static final long OBJECT_BYTES = 4096;

    private static final long ALIGNMENT = 16;

    /** Runs before the recording, in which libraries take the memory that they keep. */
    private static final int WARM_UPS = 3;

    /** {@code cudaStreamCaptureModeThreadLocal}: other threads may do what they like meanwhile. */
    private static final int THREAD_LOCAL = 1;

    private final MemorySegment graph;
    private final MethodHandle replay;
    private final MethodHandle destructor;

    private CudaGraph(MemorySegment graph, MethodHandle replay, MethodHandle destructor) {
        this.graph = graph;
        this.replay = replay;
        this.destructor = destructor;
    }

    /**
     * Records what {@code work} does; nothing of it has run afterwards but the warm-ups.
     *
     * @param work makes a result that outlives its scope
     * @param free frees a result
     * @throws IllegalStateException if the loaded LibTorch has no such graphs
     * @throws RuntimeException what an operator throws that cannot be recorded
     */
    static <T> DeviceWork.Recording<T> record(Device device, Supplier<T> work, Consumer<T> free) {
        byte index = (byte) Math.max(0, device.index());
        MethodHandle constructor = method("C1Eb", ValueLayout.JAVA_BOOLEAN);
        MethodHandle begin = method(
                "13capture_beginESt4pairIyyE21cudaStreamCaptureMode",
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT);
        MethodHandle end = method("11capture_endEv");
        MethodHandle destructor = method("D1Ev");
        MethodHandle replay = method("6replayEv");
        MemorySegment memory = Arena.ofAuto().allocate(OBJECT_BYTES, ALIGNMENT);
        Stream before = torch.getCurrentStream(index);
        torch.synchronizeDevice(index);
        Stream stream = torch.getDeviceGuardImpl(DeviceType.CUDA).getStreamFromGlobalPool(device, false);
        torch.setCurrentStream(stream);
        try {
            for (int i = 0; i < WARM_UPS; i++) {
                free.accept(scoped(work));
            }
            torch.synchronizeDevice(index);
            call(constructor, memory, false);
            call(begin, memory, 0L, 0L, THREAD_LOCAL);
            T result;
            try {
                result = scoped(work);
            } catch (RuntimeException | Error e) {
                giveUp(stream); // capture_end would throw in C++, which no Java code can catch
                throw e;
            }
            call(end, memory);
            return new DeviceWork.Recording<>(new CudaGraph(memory, replay, destructor), result);
        } finally {
            torch.setCurrentStream(before);
            torch.synchronizeDevice(index);
        }
    }

    private static <T> T scoped(Supplier<T> work) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            return work.get();
        }
    }

    /** Launches the kernels on the current stream. */
    @Override
    public void replay() {
        call(replay, graph);
    }

    /** Ends the recording of a stream, whatever has become of it. The object that began it must not be touched any more. */
    private static void giveUp(Stream stream) {
        MethodHandle handle = function("_ZNK3c104cuda10CUDAStream6streamEv", ValueLayout.ADDRESS, ValueLayout.ADDRESS);
        MethodHandle end =
                function("cudaStreamEndCapture", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
        try (var arena = Arena.ofConfined()) {
            Object cudaStream = Objects.requireNonNull(call(handle, MemorySegment.ofAddress(stream.address())));
            call(end, cudaStream, arena.allocate(ValueLayout.ADDRESS));
        }
    }

    /** A method of {@code at::cuda::CUDAGraph} that returns nothing, by its name as the compiler writes it. */
    private static MethodHandle method(String name, MemoryLayout... parameters) {
        var all = new MemoryLayout[parameters.length + 1];
        all[0] = ValueLayout.ADDRESS;
        System.arraycopy(parameters, 0, all, 1, parameters.length);
        return handle("_ZN2at4cuda9CUDAGraph" + name, FunctionDescriptor.ofVoid(all));
    }

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... parameters) {
        return handle(name, FunctionDescriptor.of(result, parameters));
    }

    /** A function of {@code libtorch_cuda}, or of a library that it was linked with. */
    private static MethodHandle handle(String name, FunctionDescriptor type) {
        String library = Loader.getLoadedLibraries().get("torch_cuda");
        if (library == null) {
            throw new IllegalStateException("the loaded LibTorch has no library torch_cuda");
        }
        return SymbolLookup.libraryLookup(Path.of(library), Arena.global())
                .find(name)
                .map(symbol -> Linker.nativeLinker().downcallHandle(symbol, type))
                .orElseThrow(() -> new IllegalStateException("the loaded LibTorch has no function " + name));
    }

    private static @Nullable Object call(MethodHandle method, Object... arguments) {
        try {
            return method.invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) { // what a method handle declares; these functions throw nothing to Java
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        call(destructor, graph);
    }
}
