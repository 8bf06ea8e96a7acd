package org.sjd4j.tensor;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.mapping;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The libraries that LibTorch's CUDA build needs and does not bring. */
public final class CudaLibraries {
    /** A library, and what it belongs to. */
    private record Library(String file, String product) {}

    /** Where the binding looks besides the system's path of libraries. */
    private static final List<String> FOLDERS = List.of(
            "/usr/local/cuda-13.1/lib64", "/usr/local/cuda/lib64", "/usr/local/cuda/extras/CUPTI/lib64", "/usr/lib64");

    private static final String CUDA = "CUDA 13";
    private static final String CUDNN = "cuDNN 9";

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
            new Library("libcudnn_heuristic.so.9", CUDNN),
            new Library("libcudnn_engines_precompiled.so.9", CUDNN),
            new Library("libcudnn_engines_runtime_compiled.so.9", CUDNN),
            new Library("libnccl.so.2", "NCCL 2"));

    private CudaLibraries() {}

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
        return Stream.concat(Stream.of(file), FOLDERS.stream().map(folder -> folder + "/" + file))
                .anyMatch(CudaLibraries::loadsFrom);
    }

    private static boolean loadsFrom(String path) {
        try {
            SymbolLookup.libraryLookup(path, Arena.global());
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
