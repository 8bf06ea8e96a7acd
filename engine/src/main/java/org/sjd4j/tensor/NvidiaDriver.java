package org.sjd4j.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What NVIDIA's driver says about itself and its GPUs, asked through its management library (NVML). Does not load LibTorch.
 *
 * @param version of the driver, such as {@code 580.159.04}
 * @param cuda the newest CUDA that it runs, such as {@code 13.0}
 * @param gpus those of this machine
 */
public record NvidiaDriver(String version, String cuda, List<Gpu> gpus) {
    private static final String LIBRARY = "libnvidia-ml.so.1";
    private static final int TEXT = 256;
    private static final int DONE = 0;
    private static final int THOUSAND = 1000;
    private static final int TEN = 10;

    /**
     * A GPU.
     *
     * @param memory bytes in all
     * @param free bytes that no process has
     */
    public record Gpu(String name, long memory, long free) {}

    /** The driver of this machine; nothing if there is none, or none that answers. */
    public static Optional<NvidiaDriver> find() {
        try (var arena = Arena.ofConfined()) {
            return Optional.of(ask(SymbolLookup.libraryLookup(LIBRARY, arena), arena));
        } catch (IllegalArgumentException | IllegalStateException e) { // no such library, or it has no GPU to speak of
            return Optional.empty();
        }
    }

    /** @throws IllegalStateException if the library cannot tell */
    static NvidiaDriver ask(SymbolLookup library, Arena arena) {
        call(library, "nvmlInit_v2");
        try {
            MemorySegment text = arena.allocate(TEXT);
            MemorySegment number = arena.allocate(ValueLayout.JAVA_INT);
            call(library, "nvmlSystemGetDriverVersion", text, TEXT);
            String version = text.getString(0);
            call(library, "nvmlSystemGetCudaDriverVersion_v2", number);
            int cuda = number.get(ValueLayout.JAVA_INT, 0);
            call(library, "nvmlDeviceGetCount_v2", number);
            int count = number.get(ValueLayout.JAVA_INT, 0);
            var gpus = new ArrayList<Gpu>();
            for (int i = 0; i < count; i++) {
                MemorySegment handle = arena.allocate(ValueLayout.ADDRESS);
                call(library, "nvmlDeviceGetHandleByIndex_v2", i, handle);
                MemorySegment gpu = handle.get(ValueLayout.ADDRESS, 0);
                MemorySegment memory = arena.allocate(ValueLayout.JAVA_LONG, 3); // in all, free, used
                call(library, "nvmlDeviceGetName", gpu, text, TEXT);
                call(library, "nvmlDeviceGetMemoryInfo", gpu, memory);
                gpus.add(new Gpu(
                        text.getString(0),
                        memory.getAtIndex(ValueLayout.JAVA_LONG, 0),
                        memory.getAtIndex(ValueLayout.JAVA_LONG, 1)));
            }
            return new NvidiaDriver(version, cuda / THOUSAND + "." + cuda % THOUSAND / TEN, List.copyOf(gpus));
        } finally {
            call(library, "nvmlShutdown");
        }
    }

    private static void call(SymbolLookup library, String name, Object... arguments) {
        var layouts = Stream.of(arguments)
                .map(argument -> argument instanceof MemorySegment ? ValueLayout.ADDRESS : ValueLayout.JAVA_INT)
                .toArray(MemoryLayout[]::new);
        MemorySegment function = library.find(name)
                .orElseThrow(() -> new IllegalStateException("NVIDIA's driver has no function " + name));
        int status;
        try {
            status = (int) Linker.nativeLinker()
                    .downcallHandle(function, FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts))
                    .invokeWithArguments(arguments);
        } catch (Throwable e) { // what a method handle declares; these functions throw nothing
            throw new IllegalStateException(name, e);
        }
        if (status != DONE) {
            throw new IllegalStateException(name + " answers " + status);
        }
    }
}
