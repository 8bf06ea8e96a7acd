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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
 * Kernels that were recorded once and are launched together. LibTorch's {@code at::cuda::CUDAGraph}, for which the binding has
 * no class, records them and keeps their memory; its methods are called by their C++ names. CUDA's own functions do the
 * rest, because they answer with a number where those of C++ throw, which no Java code can catch.
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

    /** {@code cudaStreamCaptureModeThreadLocal}: only this thread must keep to the rules of a recording. */
    private static final int THREAD_LOCAL = 1;

    /** {@code cudaStreamCaptureStatusActive}. */
    private static final int RECORDING = 1;

    /** The stream of each GPU on which all graphs are recorded: libraries keep memory for each stream. */
    private static final Map<Byte, Long> STREAMS = new HashMap<>();

    /** Objects of recordings that were broken off: LibTorch goes on to look at them. */
    private static final List<MemorySegment> GIVEN_UP = new ArrayList<>();

    private final Library library;
    private final MemorySegment graph;
    private final MemorySegment executable;
    private final MemorySegment launchStream;

    private CudaGraph(Library library, MemorySegment graph, MemorySegment executable, MemorySegment launchStream) {
        this.library = library;
        this.graph = graph;
        this.executable = executable;
        this.launchStream = launchStream;
    }

    /**
     * Records what {@code work} does; nothing of it has run afterwards but the warm-ups.
     *
     * @param work makes a result that outlives its scope
     * @param free frees a result
     * @throws DeviceWork.RecordingException if the work cannot be recorded
     * @throws RuntimeException what an operator throws before the recording
     */
    static synchronized <T> DeviceWork.Recording<T> record(Device device, Supplier<T> work, Consumer<T> free) {
        var library = new Library();
        byte index = (byte) Math.max(0, device.index());
        Stream before = torch.getCurrentStream(index);
        Stream stream = stream(device, index);
        before.synchronize();
        torch.setCurrentStream(stream);
        try {
            for (int i = 0; i < WARM_UPS; i++) {
                free.accept(scoped(work));
            }
            stream.synchronize();
            torch.emptyCache();
            return library.record(stream, before, work, free);
        } finally {
            torch.setCurrentStream(before);
        }
    }

    private static Stream stream(Device device, byte index) {
        Long id = STREAMS.get(index);
        if (id != null) {
            return Stream.unpack3(id, index, DeviceType.CUDA);
        }
        Stream stream = torch.getDeviceGuardImpl(DeviceType.CUDA).getStreamFromGlobalPool(device, false);
        STREAMS.put(index, stream.id());
        return stream;
    }

    private static <T> T scoped(Supplier<T> work) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            return work.get();
        }
    }

    /** Launches the kernels on the stream that was the current one when they were recorded. */
    @Override
    public void replay() {
        library.require(library.launch, executable, launchStream);
    }

    @Override
    public void close() {
        call(library.destroyExecutable, executable);
        call(library.destructor, graph);
    }

    private static @Nullable Object call(MethodHandle function, Object... arguments) {
        try {
            return function.invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) { // what a method handle declares; these functions throw nothing to Java
            throw new IllegalStateException(e);
        }
    }

    /** The functions of LibTorch and CUDA. */
    private static final class Library {
        private final SymbolLookup symbols;
        private final MethodHandle constructor;
        private final MethodHandle begin;
        private final MethodHandle end;
        private final MethodHandle destructor;
        private final MethodHandle rawGraph;
        private final MethodHandle rawStream;
        private final MethodHandle isCapturing;
        private final MethodHandle endCapture;
        private final MethodHandle instantiate;
        private final MethodHandle launch;
        private final MethodHandle destroyExecutable;
        private final MethodHandle lastError;

        /** @throws DeviceWork.RecordingException if the loaded LibTorch has no such functions */
        Library() {
            String library = Loader.getLoadedLibraries().get("torch_cuda");
            if (library == null) {
                throw new DeviceWork.RecordingException("the loaded LibTorch has no library torch_cuda", null);
            }
            symbols = SymbolLookup.libraryLookup(Path.of(library), Arena.global());
            constructor = method("C1Eb", ValueLayout.JAVA_BOOLEAN);
            begin = method(
                    "13capture_beginESt4pairIyyE21cudaStreamCaptureMode",
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT);
            end = method("11capture_endEv");
            destructor = method("D1Ev");
            rawGraph = handle(
                    "_ZN2at4cuda9CUDAGraph14raw_cuda_graphEv",
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            rawStream = handle(
                    "_ZNK3c104cuda10CUDAStream6streamEv",
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            isCapturing = function("cudaStreamIsCapturing", ValueLayout.ADDRESS, ValueLayout.ADDRESS);
            endCapture = function("cudaStreamEndCapture", ValueLayout.ADDRESS, ValueLayout.ADDRESS);
            instantiate =
                    function("cudaGraphInstantiate", ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
            launch = function("cudaGraphLaunch", ValueLayout.ADDRESS, ValueLayout.ADDRESS);
            destroyExecutable = function("cudaGraphExecDestroy", ValueLayout.ADDRESS);
            lastError = function("cudaGetLastError");
        }

        <T> DeviceWork.Recording<T> record(Stream stream, Stream launchStream, Supplier<T> work, Consumer<T> free) {
            MemorySegment object = Arena.ofAuto().allocate(OBJECT_BYTES, ALIGNMENT);
            call(constructor, object, true); // the graph is kept, to be instantiated here
            call(begin, object, 0L, 0L, THREAD_LOCAL);
            T result = null;
            RuntimeException failure = null;
            try {
                result = scoped(work);
            } catch (RuntimeException e) {
                failure = e;
            }
            if (!isRecording(stream)) { // something invalidated it; capture_end would throw
                giveUp(stream, object);
                freeAny(result, free);
                throw new DeviceWork.RecordingException("the recording was invalidated", failure);
            }
            call(end, object);
            if (result == null) {
                call(destructor, object);
                throw new DeviceWork.RecordingException("an operator failed", failure);
            }
            try (var arena = Arena.ofConfined()) {
                MemorySegment executable = arena.allocate(ValueLayout.ADDRESS);
                require(instantiate, executable, Objects.requireNonNull(call(rawGraph, object)), 0L);
                return new DeviceWork.Recording<>(
                        new CudaGraph(this, object, executable.get(ValueLayout.ADDRESS, 0), raw(launchStream)), result);
            } catch (RuntimeException e) {
                free.accept(result);
                call(destructor, object);
                throw new DeviceWork.RecordingException("the graph could not be instantiated", e);
            }
        }

        private static <T> void freeAny(@Nullable T result, Consumer<T> free) {
            if (result != null) {
                free.accept(result);
            }
        }

        private MemorySegment raw(Stream stream) {
            return (MemorySegment) Objects.requireNonNull(call(rawStream, MemorySegment.ofAddress(stream.address())));
        }

        private boolean isRecording(Stream stream) {
            try (var arena = Arena.ofConfined()) {
                MemorySegment status = arena.allocate(ValueLayout.JAVA_INT);
                call(isCapturing, raw(stream), status);
                return status.get(ValueLayout.JAVA_INT, 0) == RECORDING;
            }
        }

        /** Ends the recording by CUDA's own function; the object stays, because LibTorch's allocator asks it on. */
        private void giveUp(Stream stream, MemorySegment object) {
            try (var arena = Arena.ofConfined()) {
                call(endCapture, raw(stream), arena.allocate(ValueLayout.ADDRESS));
                call(lastError); // or the next kernel is blamed
            }
            GIVEN_UP.add(object);
        }

        /** Calls a function of CUDA that must answer 0. */
        void require(MethodHandle function, Object... arguments) {
            Object status = call(function, arguments);
            if (!Objects.equals(status, 0)) {
                call(lastError);
                throw new IllegalStateException("CUDA answers " + status + " to a call of a recorded graph");
            }
        }

        /** A method of {@code at::cuda::CUDAGraph} that returns nothing, by its name as the compiler writes it. */
        private MethodHandle method(String name, MemoryLayout... parameters) {
            var all = new MemoryLayout[parameters.length + 1];
            all[0] = ValueLayout.ADDRESS;
            System.arraycopy(parameters, 0, all, 1, parameters.length);
            return handle("_ZN2at4cuda9CUDAGraph" + name, FunctionDescriptor.ofVoid(all));
        }

        /** A function of CUDA, which answers with a number. */
        private MethodHandle function(String name, MemoryLayout... parameters) {
            return handle(name, FunctionDescriptor.of(ValueLayout.JAVA_INT, parameters));
        }

        /** A function of {@code libtorch_cuda}, or of a library that it was linked with. */
        private MethodHandle handle(String name, FunctionDescriptor type) {
            return symbols.find(name)
                    .map(symbol -> Linker.nativeLinker().downcallHandle(symbol, type))
                    .orElseThrow(() ->
                            new DeviceWork.RecordingException("the loaded LibTorch has no function " + name, null));
        }
    }
}
