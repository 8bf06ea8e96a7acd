package org.sjd4j.spark.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.zip.CRC32;
import org.sjd4j.api.TextToImage;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.metrics.scorer.Scorer;
import org.sjd4j.options.Console;
import org.sjd4j.training.loop.Trainer;

/** Tells builds of this project apart, also those of one version number: by the classes that a process has. */
final class CodeVersion {
    private static final List<Class<?>> SOURCES = List.of(
            CodeVersion.class, Console.class, TextToImage.class, BundledModel.class, Scorer.class, Trainer.class);
    private static final String CLASS = ".class";

    private CodeVersion() {}

    /** The version of this process. */
    static String own() {
        return Own.VERSION;
    }

    /** Computed once for each process. */
    private static final class Own {
        static final String VERSION =
                of(SOURCES.stream().map(CodeVersion::source).toList());
    }

    private static Path source(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the classes lie at an impossible address", e);
        }
    }

    /**
     * The version of the classes in some jars or directories; a jar has that of the directory that it was made of.
     *
     * @throws UncheckedIOException if one cannot be read
     */
    static String of(List<Path> places) {
        var sums = new TreeMap<String, Long>();
        try {
            for (Path place : places) {
                if (Files.isDirectory(place)) {
                    addDirectory(sums, place);
                } else {
                    addJar(sums, place);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the program's own classes", e);
        }
        var sum = new CRC32();
        sum.update(sums.toString().getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().toHexDigits((int) sum.getValue());
    }

    private static void addJar(Map<String, Long> sums, Path file) throws IOException {
        try (var jar = new JarFile(file.toFile())) {
            jar.stream()
                    .filter(entry -> entry.getName().endsWith(CLASS))
                    .forEach(entry -> sums.put(entry.getName(), entry.getCrc()));
        }
    }

    private static void addDirectory(Map<String, Long> sums, Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(CLASS)).toList()) {
                var sum = new CRC32();
                sum.update(Files.readAllBytes(file));
                sums.put(directory.relativize(file).toString().replace('\\', '/'), sum.getValue());
            }
        }
    }
}
