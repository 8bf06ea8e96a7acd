package org.sjd4j.tensor;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.mapping;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Predicate;

/** The libraries that LibTorch's CUDA build needs and does not bring. */
public final class CudaLibraries {
    /** A library, and what it belongs to. */
    private record Library(String file, String product) {}

    private static final String CUDA = "CUDA 13";
    private static final String CUDNN = "cuDNN 9";

    private static final String DRIVER = "libcuda.so.1";

    private static final List<Library> NEEDED = List.of(
            new Library("libcudart.so.13", CUDA),
            new Library("libcublas.so.13", CUDA),
            new Library("libcublasLt.so.13", CUDA),
            new Library("libcusparse.so.12", CUDA),
            new Library("libcusolver.so.12", CUDA),
            new Library("libcufft.so.12", CUDA),
            new Library("libcurand.so.10", CUDA),
            new Library("libcufile.so.0", CUDA),
            new Library("libcupti.so.13", CUDA),
            new Library("libcudnn.so.9", CUDNN),
            new Library("libcudnn_graph.so.9", CUDNN),
            new Library("libcudnn_ops.so.9", CUDNN),
            new Library("libcudnn_cnn.so.9", CUDNN),
            new Library("libcudnn_adv.so.9", CUDNN),
            new Library("libnccl.so.2", "NCCL 2"));

    private CudaLibraries() {}

    /** Whether the machine has NVIDIA's driver. */
    public static boolean hasDriver() {
        return loads(DRIVER);
    }

    /**
     * The libraries that are neither on the system's path of libraries nor on the class path: one text for each product, such
     * as {@code NCCL 2 (libnccl.so.2)}.
     */
    public static List<String> missing() {
        var loader = CudaLibraries.class.getClassLoader();
        return missing(file -> loader.getResource("org/bytedeco/cuda/linux-x86_64/" + file) != null || loads(file));
    }

    static List<String> missing(Predicate<String> has) {
        return NEEDED.stream()
                .filter(library -> !has.test(library.file))
                .collect(groupingBy(Library::product, LinkedHashMap::new, mapping(Library::file, joining(", "))))
                .entrySet()
                .stream()
                .map(product -> product.getKey() + " (" + product.getValue() + ")")
                .toList();
    }

    /** They stay loaded: LibTorch takes them next. */
    private static boolean loads(String file) {
        try {
            SymbolLookup.libraryLookup(file, Arena.global());
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
