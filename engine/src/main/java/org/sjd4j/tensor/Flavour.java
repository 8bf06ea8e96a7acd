package org.sjd4j.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.bytedeco.javacpp.Loader;

/** Which native build of LibTorch is on the class path: an application takes exactly one. */
public enum Flavour {
    /** For CPUs: {@code sjd4j-platform-cpu}. */
    CPU(""),
    /** For NVIDIA GPUs: {@code sjd4j-platform-cuda}. */
    CUDA("-gpu");

    private final String extension;

    Flavour(String extension) {
        this.extension = extension;
    }

    /** What the binding adds to the name of the platform. */
    String extension() {
        return extension;
    }

    /**
     * The build on the class path. Does not load LibTorch.
     *
     * @throws NativeBuildException if there is none, or both are there
     */
    public static Flavour current() {
        var loader = Flavour.class.getClassLoader();
        return of(Loader.Detector.getPlatform(), name -> loader.getResource(name) != null);
    }

    /** @param has whether a resource is on the class path */
    static Flavour of(String platform, Predicate<String> has) {
        List<Flavour> found = Arrays.stream(values())
                .filter(flavour -> has.test("org/bytedeco/pytorch/%s%s/%s"
                        .formatted(platform, flavour.extension, System.mapLibraryName("jnitorch"))))
                .toList();
        return switch (found.size()) {
            case 1 -> found.getFirst();
            case 0 ->
                throw new NativeBuildException(
                        "no native build of LibTorch for " + platform
                                + " is on the class path; add the artifact sjd4j-platform-cpu, or sjd4j-platform-cuda for NVIDIA GPUs");
            default ->
                throw new NativeBuildException(
                        "both native builds of LibTorch are on the class path; leave out the artifact"
                                + " sjd4j-platform-cpu or sjd4j-platform-cuda");
        };
    }
}
