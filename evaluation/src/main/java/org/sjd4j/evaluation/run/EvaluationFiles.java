package org.sjd4j.evaluation.run;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.sjd4j.evaluation.Json;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.io.DirectoryLock;
import org.sjd4j.io.Identity;
import org.sjd4j.io.ScratchFolder;
import org.sjd4j.io.TextFile;
import tools.jackson.core.JacksonException;

/**
 * The directory of an evaluation: {@code evaluation.json} says what is evaluated, {@code images} holds the images and
 * {@code images.jsonl} a line for each of them. A line is appended only when its image is there, and a line that was
 * cut off by a crash does not count. Only one process may use it at a time.
 */
final class EvaluationFiles implements AutoCloseable {
    /** The directory of what metrics found. */
    static final String METRICS = "metrics";

    private static final String DESCRIPTION = "evaluation.json";
    private static final String LINES = "images.jsonl";
    private static final String IMAGES = "images";

    /** Names of evaluations before December 2026, and those of today. */
    private static final Map<String, String> FORMER_NAMES =
            Map.of("pictures.jsonl", LINES, "pictures", IMAGES, "judged", METRICS);

    private final Path root;
    private final DirectoryLock lock;

    private EvaluationFiles(Path root, DirectoryLock lock) {
        this.root = root;
        this.lock = lock;
    }

    /**
     * What the directory's run evaluates.
     *
     * @param identity everything that its images depend on
     * @param leftOut decoders that the model cannot run, with the reason
     */
    record Description(SequencedMap<String, String> identity, SequencedMap<String, String> leftOut) {}

    /**
     * Opens or makes a directory. One that holds other things is left as it is.
     *
     * @throws EvaluationException if it does, or another process uses it
     */
    static EvaluationFiles open(Path root) {
        requireOwn(root);
        var lock = DirectoryLock.tryLock(root)
                .orElseThrow(() ->
                        new EvaluationException(root + " is in use by another evaluation: wait for it or stop it"));
        FORMER_NAMES.forEach((former, name) -> rename(root.resolve(former), root.resolve(name)));
        return new EvaluationFiles(root, lock);
    }

    private static void rename(Path former, Path file) {
        try {
            if (Files.exists(former) && Files.notExists(file)) {
                Files.move(former, file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot rename " + former, e);
        }
    }

    private static void requireOwn(Path root) {
        if (!Files.isDirectory(root) || Files.exists(root.resolve(DESCRIPTION))) {
            return;
        }
        try (Stream<Path> entries = Files.list(root)) {
            if (entries.anyMatch(entry -> !entry.getFileName().toString().equals(DirectoryLock.FILE))) {
                throw new EvaluationException(
                        root + " holds something else than an evaluation: choose an empty or a new directory");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + root, e);
        }
    }

    /**
     * What was begun here, or nothing.
     *
     * @throws EvaluationException if the description is damaged
     */
    @Nullable
    Description description() {
        Path file = root.resolve(DESCRIPTION);
        try {
            if (Files.exists(file)) {
                return Json.read(TextFile.read(file), Description.class);
            }
            return null;
        } catch (JacksonException e) {
            throw new EvaluationException(file + " is damaged; --force begins anew", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + root, e);
        }
    }

    void describe(Description description) {
        AtomicFile.write(root.resolve(DESCRIPTION), Json.text(description).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Makes sure that a run of one configuration is not continued with another.
     *
     * @throws EvaluationException if they differ
     */
    void requireSame(Map<String, String> found, Map<String, String> wanted) {
        var differences = Identity.differences(found, wanted);
        if (!differences.isEmpty()) {
            throw new EvaluationException(root + " holds another evaluation (" + String.join("; ", differences)
                    + "): choose another directory, the same settings, or --force to begin anew");
        }
    }

    /**
     * Deletes whatever an evaluation left here, and nothing else; last of all what says that this is an evaluation, so that it
     * can be done again if it is stopped.
     */
    void clear() {
        for (String name : List.of(
                LINES,
                IMAGES,
                "trajectories",
                METRICS,
                "summary.json",
                "summary.csv",
                "summary.md",
                "report.html",
                DESCRIPTION)) {
            ScratchFolder.delete(root.resolve(name));
        }
    }

    /** A file or directory of the run. */
    Path path(String name) {
        return root.resolve(name);
    }

    /** Where an image is. */
    Path image(String file) {
        return root.resolve(IMAGES).resolve(file);
    }

    /**
     * The images that were finished, in order. What follows the first line that is damaged, or missing, is forgotten: it
     * will be generated again.
     */
    List<ImageRecord> finished(EvaluationPlan plan, List<EvaluationPlan.Item> items) {
        Path file = root.resolve(LINES);
        var images = new ArrayList<ImageRecord>();
        if (!Files.exists(file)) {
            return images;
        }
        try (var lines = new RandomAccessFile(file.toFile(), "rw")) {
            var input = new BufferedInputStream(Channels.newInputStream(lines.getChannel()));
            long whole = 0;
            while (images.size() < items.size()) {
                var item = items.get(images.size());
                byte[] line = line(input);
                var image = line == null ? null : parsed(line);
                if (line == null
                        || image == null
                        || !image.isOf(item, plan.prompts().get(item.prompt()))) {
                    break;
                }
                images.add(image);
                whole += line.length + 1;
            }
            lines.setLength(whole);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
        return images;
    }

    /** The next line without its end, or nothing if none is whole. */
    private static byte @Nullable [] line(InputStream input) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int next = input.read(); next >= 0; next = input.read()) {
            if (next == '\n') {
                return line.toByteArray();
            }
            line.write(next);
        }
        return null;
    }

    private static @Nullable ImageRecord parsed(byte[] bytes) {
        try {
            var line = Json.read(new String(bytes, StandardCharsets.UTF_8), ImageLine.class);
            return line != null && Arrays.stream(line.image().acceptedPerStep()).sum() == line.tokenIds().length
                    ? line.image()
                    : null;
        } catch (JacksonException _) {
            return null; // cut off, or another program's
        }
    }

    /**
     * The tokens of finished images, one after the other in the plan's order; to be closed.
     *
     * @param from index of the first image
     */
    Stream<int[]> tokens(int from) {
        Path file = root.resolve(LINES);
        try {
            return Files.lines(file)
                    .skip(from)
                    .map(line -> Json.read(line, ImageLine.class).tokenIds());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** Appends a line for an image that is there. */
    void append(ImageRecord image, int[] tokens) {
        Path file = root.resolve(LINES);
        byte[] line = (Json.line(new ImageLine(image, tokens)) + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            Files.write(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.DSYNC);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    @Override
    public void close() {
        lock.close();
    }
}
