package org.sjd4j.bundled;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.sjd4j.io.UserFolders;

/**
 * The model that comes with the program, as a real directory.
 *
 * <p>It is a resource. Run from a build's class directories, it is used where it lies; run from a jar, it is copied once
 * into the {@linkplain UserFolders#cache() cache}, under a name that changes with its content.
 */
public final class BundledModel {
    /** The name to choose it by. */
    public static final String NAME = "bundled";

    private static final String ROOT = "org/sjd4j/bundled/";
    private static final String ANCHOR = ROOT + "config.json";
    private static final List<String> FILES = List.of(
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "model.safetensors",
            "denoising_config.json",
            "denoising.safetensors",
            "image_tokenizer/config.json",
            "image_tokenizer/model.safetensors",
            "scorer/config.json",
            "scorer/tokenizer.json",
            "scorer/model.safetensors",
            "scorer/reference.safetensors",
            "README.md");

    private static final Object ONE_AT_A_TIME = new Object();

    private final ClassLoader resources;
    private final Path cache;

    BundledModel(ClassLoader resources, Path cache) {
        this.resources = resources;
        this.cache = cache;
    }

    /** Whether this build has a model. */
    public static boolean isPresent() {
        return own().anchor().isPresent();
    }

    /**
     * The checkpoint directory of the bundled model.
     *
     * @throws ModelNotFoundException if this build has none
     * @throws UncheckedIOException if it cannot be copied out of its jar
     */
    public static Path directory() {
        return own().find();
    }

    /**
     * The directory of a small network that scores images like those of the bundled model.
     *
     * @throws ModelNotFoundException if this build has none
     */
    public static Path scorer() {
        return directory().resolve("scorer");
    }

    /**
     * The names of the lists of captions: pairs of concept and style that it never saw, some that it did, free wording, and
     * pairs of both kinds on backgrounds.
     */
    public static List<String> promptLists() {
        return List.of("held-out", "trained", "free", "attributes");
    }

    /**
     * A list of captions, as text with one on each line.
     *
     * @param name one of {@link #promptLists}
     */
    public static BufferedReader prompts(String name) {
        var stream = BundledModel.class.getClassLoader().getResourceAsStream(ROOT + "prompts/" + name + ".txt");
        if (stream == null) {
            throw new IllegalArgumentException("there is no list of captions called " + name);
        }
        return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
    }

    private static BundledModel own() {
        return new BundledModel(
                BundledModel.class.getClassLoader(), UserFolders.current().cache());
    }

    private Optional<URL> anchor() {
        return Optional.ofNullable(resources.getResource(ANCHOR));
    }

    Path find() {
        URL anchor = anchor().orElseThrow(() -> new ModelNotFoundException(
                "this build has no bundled model; choose a checkpoint directory with --model DIR"));
        try {
            return anchor.openConnection() instanceof JarURLConnection jar
                    ? extracted(jar.getJarFile())
                    : Path.of(anchor.toURI()).resolveSibling(".").normalize();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot unpack the bundled model into " + cache + " (SJD4J_CACHE chooses another folder)", e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the bundled model lies at an impossible address: " + anchor, e);
        }
    }

    private Path extracted(JarFile jar) throws IOException {
        Files.createDirectories(cache);
        synchronized (ONE_AT_A_TIME) { // a file lock keeps out other processes, not other threads
            try (var channel = FileChannel.open(
                            cache.resolve("bundled.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var lock = channel.lock()) {
                return extractedAlone(jar);
            }
        }
    }

    private Path extractedAlone(JarFile jar) throws IOException {
        Path target = cache.resolve("bundled-" + fingerprint(jar));
        if (isComplete(jar, target)) {
            return target;
        }
        Path temporary = cache.resolve("bundled-" + UUID.randomUUID() + ".tmp");
        try {
            for (String file : FILES) {
                Path copy = temporary.resolve(file);
                Files.createDirectories(copy.resolveSibling("."));
                try (InputStream content = jar.getInputStream(entry(jar, file))) {
                    Files.copy(content, copy);
                }
            }
            replace(target, temporary);
        } finally {
            delete(temporary);
        }
        if (!isComplete(jar, target)) {
            throw new IOException("the copy in " + target + " does not stay whole");
        }
        return target;
    }

    /** Puts the new copy in place of a damaged one, if there is one. */
    private static void replace(Path target, Path fresh) throws IOException {
        Path old = target.resolveSibling("bundled-" + UUID.randomUUID() + ".old");
        if (Files.exists(target)) {
            Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        delete(old);
    }

    private static boolean isComplete(JarFile jar, Path directory) throws IOException {
        for (String file : FILES) {
            Path copy = directory.resolve(file);
            if (!Files.isRegularFile(copy)
                    || Files.size(copy) != entry(jar, file).getSize()) {
                return false;
            }
        }
        return true;
    }

    private static String fingerprint(JarFile jar) throws IOException {
        var sum = new CRC32();
        long size = 0;
        for (String file : FILES) {
            JarEntry entry = entry(jar, file);
            sum.update((file + ' ' + entry.getSize() + ' ' + entry.getCrc() + '\n').getBytes(StandardCharsets.UTF_8));
            size += entry.getSize();
        }
        return HexFormat.of().toHexDigits(size) + HexFormat.of().toHexDigits((int) sum.getValue());
    }

    private static JarEntry entry(JarFile jar, String file) throws IOException {
        JarEntry entry = jar.getJarEntry(ROOT + file);
        if (entry == null) {
            throw new IOException(jar.getName() + " lacks " + ROOT + file + "; build it again");
        }
        return entry;
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
