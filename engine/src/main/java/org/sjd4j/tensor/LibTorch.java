package org.sjd4j.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.io.UserFolders;

/**
 * Loads LibTorch once, with the settings that this project depends on.
 *
 * <p>Nothing else in the code base may be the first to touch a LibTorch class: argument errors and help texts answer
 * before it is loaded.
 */
public final class LibTorch {
    private static final String MKL = "mkl_rt";
    private static final String CACHE = "org.bytedeco.javacpp.cachedir";
    private static final long MIB = 1 << 20;

    /** MiB that the unpacked libraries take, and those for GPUs. */
    private static final long ROOM = 800;

    private static final long GPU_ROOM = 1600;

    private static volatile ThreadLimit threadLimit = ThreadLimit.ofEnvironment();

    private static volatile int gpu;

    private static volatile boolean loaded;

    private static volatile @Nullable CompletableFuture<Void> ahead;

    private LibTorch() {}

    /**
     * Begins to load the native libraries on a thread of its own, which takes most of a second, and returns at once. What goes
     * wrong there is thrown by {@link #load()}.
     */
    public static void loadAhead() {
        ahead = CompletableFuture.runAsync(
                LibTorch::loadNow,
                work -> Thread.ofPlatform().daemon().name("sjd4j-libtorch").start(work));
    }

    /**
     * Loads the native libraries if that has not happened yet. Idempotent and thread-safe.
     *
     * @throws UnsatisfiedLinkError if the platform's native library cannot be loaded
     * @throws NativeBuildException if the class path has no native build of LibTorch or more than one, or the machine lacks
     *     libraries that it needs
     * @throws UncheckedIOException if there is no folder to unpack it into, or too little room
     */
    public static void load() {
        var begun = ahead;
        if (begun != null) {
            try {
                begun.join();
            } catch (CompletionException e) {
                switch (e.getCause()) {
                    case Error error -> throw error;
                    case RuntimeException exception -> throw exception;
                    case null, default -> throw e;
                }
            }
        }
        loadNow();
    }

    private static void loadNow() {
        if (System.getProperty(CACHE) == null && System.getProperty("org.bytedeco.javacpp.cacheDir") == null) {
            System.setProperty(CACHE, nativeCache().toString());
        }
        if (!loaded) {
            requireLibraries(Flavour.current());
        }
        try {
            Holder.touch();
        } catch (LinkageError e) {
            requireRoom();
            throw e;
        }
    }

    private static void requireLibraries(Flavour flavour) {
        if (flavour == Flavour.CUDA) {
            var missing = CudaLibraries.missing();
            if (!missing.isEmpty()) {
                throw new NativeBuildException("this machine lacks what LibTorch's CUDA build needs: "
                        + String.join(", ", missing) + "; install it, and name its folder in LD_LIBRARY_PATH");
            }
        }
    }

    /** What the binding says where it could not unpack a library speaks of anything but room. */
    private static void requireRoom() {
        Path cache = nativeCache();
        long free = cache.toFile().getUsableSpace() / MIB;
        long needed = Flavour.current() == Flavour.CPU ? ROOM : GPU_ROOM;
        if (free < needed) {
            throw new UncheckedIOException(
                    "cannot unpack LibTorch into " + cache + " (the system property " + CACHE
                            + " chooses another folder)",
                    new IOException("only " + free + " MiB are free in " + cache + ", LibTorch takes " + needed));
        }
    }

    /** The folder that native libraries are unpacked into, which need not exist. Does not load them. */
    public static Path nativeCache() {
        String chosen = System.getProperty(CACHE, System.getProperty("org.bytedeco.javacpp.cacheDir"));
        return chosen != null ? Path.of(chosen) : UserFolders.current().inHome(".javacpp/cache");
    }

    /** The version of the LibTorch binding, such as {@code 2.10.0-1.5.13}. Does not load it. */
    public static String version() {
        String version = torch.class.getPackage().getImplementationVersion();
        return version == null ? "unknown" : version;
    }

    /** Whether a CUDA device can be used by the loaded LibTorch. */
    public static boolean cudaAvailable() {
        load();
        return torch.cuda_is_available();
    }

    /**
     * A device as LibTorch knows it.
     *
     * @throws IllegalArgumentException if the loaded LibTorch cannot use it
     */
    public static Device device(ComputeDevice device) {
        load();
        if (device == ComputeDevice.CUDA && Flavour.current() != Flavour.CUDA) {
            throw new IllegalArgumentException(
                    "LibTorch's build for CPUs finds no CUDA device; use the device cpu, or take"
                            + " the artifact sjd4j-platform-cuda in place of sjd4j-platform-cpu");
        }
        if (device == ComputeDevice.CUDA && !cudaAvailable()) {
            throw new IllegalArgumentException(
                    "LibTorch finds no CUDA device; it needs an NVIDIA GPU and a driver that runs"
                            + " CUDA 13 (version 580 or later), found "
                            + NvidiaDriver.find()
                                    .map(driver -> "version %s, which runs CUDA %s, and %s GPUs"
                                            .formatted(
                                                    driver.version(),
                                                    driver.cuda(),
                                                    driver.gpus().size()))
                                    .orElse("no driver"));
        }
        if (device == ComputeDevice.CPU) {
            return new Device(device.toString());
        }
        sumInOneOrder();
        var chosen = new Device(device + ":" + gpu);
        torch.getDeviceGuardImpl(DeviceType.CUDA).setDevice(chosen); // for this thread
        return chosen;
    }

    /** Says which of the machine's GPUs the device cuda is from now on, counted from 0, which is the default. */
    public static void useGpu(int index) {
        gpu = index;
    }

    /**
     * Lets a row's products and attention on a GPU not depend on the number of rows, in bfloat16 and float16: sums are never
     * split among blocks of threads, and attention is the kernel that reads the keys of a row in one order. docs/gpu.md has
     * the measurement. Split sums can only be forbidden to cuBLASLt.
     */
    private static void sumInOneOrder() {
        var context = torch.globalContext();
        context.setBlasPreferredBackend(torch.BlasBackend.Cublaslt);
        context.setAllowBF16ReductionCuBLAS(false, false);
        context.setAllowFP16ReductionCuBLAS(false, false);
        context.setAllowTF32CuBLAS(false);
        context.setAllowTF32CuDNN(false);
        context.setSDPUseFlash(false);
        context.setSDPUseCuDNN(false);
    }

    /** Threads that an operator has at most. */
    public static int threads() {
        return threadLimit.most();
    }

    /** How many threads an operator may have. */
    static ThreadLimit threadLimit() {
        return threadLimit;
    }

    /**
     * Gives operators of passes exactly so many threads, and so the other operators of the calling thread.
     *
     * @throws IllegalArgumentException for less than one thread, or more than this process may use CPUs
     */
    public static void setThreads(int threads) {
        limitThreads(new ThreadLimit(threads, true));
    }

    /** Says how many threads operators of passes may have, and the other operators of the calling thread have. */
    public static void limitThreads(ThreadLimit limit) {
        threadLimit = limit;
        if (loaded) {
            torch.set_num_threads(limit.most());
        }
    }

    /** Number of native objects that the Java side holds: constant from image to image, or something leaks. */
    public static long nativeObjects() {
        load();
        return Pointer.totalCount();
    }

    /** Bytes of the native objects that the Java side holds, as the binding counts them: wrappers, not tensors' memory. */
    public static long nativeBytes() {
        load();
        return Pointer.totalBytes();
    }

    /** Bytes of this process that are in physical memory, the Java heap included. */
    public static long residentBytes() {
        load();
        return Pointer.physicalBytes();
    }

    /** The BLAS library that matrix products run on: {@code mkl_rt}, unless the user asked for another. */
    public static String blas() {
        load();
        return Loader.getLoadedLibraries().keySet().stream()
                .filter(name -> name.startsWith(MKL))
                .findFirst()
                .map(name -> MKL)
                .orElse("openblas");
    }

    private static final class Holder {
        static {
            // Every owning Pointer otherwise takes a global lock and reads /proc/self/statm.
            setDefault("org.bytedeco.javacpp.maxBytes", "0");
            setDefault("org.bytedeco.javacpp.maxPhysicalBytes", "0");
            // MKL multiplies one row by a matrix about four times faster than OpenBLAS does.
            setDefault("org.bytedeco.openblas.load", MKL);
            OpenMp.configure();
            setDefault(
                    "org.bytedeco.javacpp.platform.extension", Flavour.current().extension());
            Loader.load(torch.class);
            loaded = true; // before the limit is read: one that is set meanwhile is seen here, or sees this
            torch.set_num_threads(threadLimit.most());
        }

        private static void setDefault(String key, String value) {
            if (System.getProperty(key) == null) {
                System.setProperty(key, value);
            }
        }

        static void touch() {
            // loading the class is the work
        }
    }
}
