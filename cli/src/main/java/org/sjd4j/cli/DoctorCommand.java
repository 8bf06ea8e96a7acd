package org.sjd4j.cli;

import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.bundled.ModelCatalogue;
import org.sjd4j.cli.output.TunedFile;
import org.sjd4j.cli.output.Version;
import org.sjd4j.evaluation.tune.TunedSettings;
import org.sjd4j.family.MemoryGuard;
import org.sjd4j.io.UserFolders;
import org.sjd4j.options.Console;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.CudaLibraries;
import org.sjd4j.tensor.Flavour;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.NativeBuildException;
import org.sjd4j.tensor.NvidiaDriver;
import org.sjd4j.tensor.Precision;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Looks at the machine. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Tells what was found on this machine and what is missing. Exits with 0 if images can be made.")
final class DoctorCommand implements Callable<Integer> {
    private static final long MIB = 1 << 20;
    private static final int WANTED_JAVA = 25;
    private static final long LITTLE_MEMORY = 1024;

    private final Console console;
    private boolean usable = true;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    DoctorCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        usable = true;
        java();
        memory();
        cache("cache", () -> UserFolders.current().cache(), "SJD4J_CACHE");
        cache("native libraries", LibTorch::nativeCache, "SJD4J_JAVA_OPTIONS=-Dorg.bytedeco.javacpp.cachedir=DIR");
        libTorch();
        cuda();
        models();
        fonts();
        console.out()
                .println(usable ? "All that is needed is there." : "Something that is needed is missing, see above.");
        console.out().flush();
        return usable ? 0 : 1;
    }

    private void java() {
        int version = Runtime.version().feature();
        String found = "%s (%s) in %s"
                .formatted(Runtime.version(), System.getProperty("java.vendor"), System.getProperty("java.home"));
        if (version >= WANTED_JAVA) {
            good("Java", found);
        } else {
            missing("Java", found + "; install a JDK of version " + WANTED_JAVA + " or later");
        }
        good(
                "system",
                "%s %s, %s CPUs"
                        .formatted(
                                System.getProperty("os.name"),
                                System.getProperty("os.arch"),
                                Runtime.getRuntime().availableProcessors()));
    }

    private void memory() {
        long physical =
                ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                        ? system.getTotalMemorySize() / MIB
                        : 0;
        long available = MemoryGuard.available() / MIB;
        String found = "%s MiB, %s MiB of them available; Java's heap up to %s MiB"
                .formatted(physical, available, Runtime.getRuntime().maxMemory() / MIB);
        if (available >= LITTLE_MEMORY) {
            good("memory", found);
        } else {
            doubtful("memory", found + "; close other programs");
        }
    }

    private void cache(String name, Supplier<Path> place, String choice) {
        Path directory;
        try {
            directory = place.get();
        } catch (UncheckedIOException e) {
            missing(name, String.valueOf(e.getMessage()));
            return;
        }
        try {
            Files.createDirectories(directory);
            Files.delete(Files.createTempFile(directory, "doctor", ".tmp"));
            good(name, directory + " can be written; " + choice + " chooses another place");
        } catch (IOException e) {
            missing(
                    name,
                    directory + " cannot be written; change its permissions or choose another place with " + choice);
        }
    }

    private void libTorch() {
        try {
            LibTorch.load();
            good(
                    "LibTorch",
                    "%s for %s loads, BLAS %s, %s threads"
                            .formatted(
                                    LibTorch.version(),
                                    Flavour.current() == Flavour.CPU ? "CPUs" : "GPUs",
                                    LibTorch.blas(),
                                    LibTorch.threads()));
            good(
                    "dtypes",
                    "%s for small models, %s for models of billions of weights"
                            .formatted(
                                    Precision.forSmallModels(ComputeDevice.CPU),
                                    Precision.forLargeModels(ComputeDevice.CPU)));
        } catch (NativeBuildException e) {
            missing("LibTorch", "does not load: " + e.getMessage());
        } catch (LinkageError | RuntimeException e) {
            missing(
                    "LibTorch",
                    "does not load: " + e.getMessage()
                            + "; it needs Linux on x86-64 with glibc 2.28 or later, and room for 800 MiB where native libraries lie");
        }
    }

    /** The GPUs, and whether the loaded LibTorch can use them. */
    private void cuda() {
        var driver = NvidiaDriver.find();
        if (driver.isEmpty()) {
            good("CUDA", "no NVIDIA driver, images are made on the CPU");
            return;
        }
        for (NvidiaDriver.Gpu gpu : driver.get().gpus()) {
            good(
                    "GPU",
                    "%s, %s MiB of memory, %s MiB free".formatted(gpu.name(), gpu.memory() / MIB, gpu.free() / MIB));
        }
        String found = "driver %s, for CUDA up to %s"
                .formatted(driver.get().version(), driver.get().cuda());
        try {
            if (Flavour.current() == Flavour.CPU) {
                var lacking = CudaLibraries.missing();
                doubtful(
                        "CUDA",
                        found + "; this is LibTorch's build for CPUs, the option --device cuda takes the other"
                                + (lacking.isEmpty() ? "" : ", which needs " + String.join(", ", lacking)));
            } else if (LibTorch.cudaAvailable()) {
                good("CUDA", found + ": --device cuda");
            } else {
                missing("CUDA", found + ", of which LibTorch can use none; see docs/gpu.md");
            }
        } catch (LinkageError | RuntimeException _) { // why, is told above
            missing("CUDA", found + ", which LibTorch cannot use");
        }
    }

    private void models() {
        try {
            if (BundledModel.isPresent()) {
                good("bundled model", BundledModel.directory().toString());
            } else {
                doubtful("bundled model", "not in this build; choose a checkpoint with --model DIR");
            }
            var catalogue = ModelCatalogue.ofUser();
            long own = catalogue.entries().stream()
                    .filter(entry -> !entry.name().equals(BundledModel.NAME))
                    .count();
            good("own models", own + " in " + catalogue.folder());
            int tuned = TunedSettings.read(TunedFile.path()).settings().size();
            good("tuned", tuned + " settings in " + TunedFile.path() + ", for the models that sjd tune has tried here");
        } catch (UncheckedIOException e) {
            missing("models", e.getMessage() + "; see the cache above");
        }
    }

    /** A system without fontconfig fails with errors of all sorts. */
    private void fonts() {
        int families;
        try {
            families = GraphicsEnvironment.getLocalGraphicsEnvironment().getAvailableFontFamilyNames().length;
        } catch (RuntimeException | LinkageError | InternalError e) {
            families = 0;
        }
        if (families > 0) {
            good("fonts", families + " families, for the lettering of reports");
        } else {
            doubtful("fonts", "none, so reports and loss curves cannot be drawn; install fontconfig and DejaVu fonts");
        }
    }

    private void good(String name, String finding) {
        print("ok", name, finding);
    }

    private void doubtful(String name, String finding) {
        print("note", name, finding);
    }

    private void missing(String name, String finding) {
        usable = false;
        print("MISSING", name, finding);
    }

    private void print(String mark, String name, String finding) {
        console.out().printf("%-7s  %-16s  %s%n", mark, name, Console.oneLine(finding));
    }
}
