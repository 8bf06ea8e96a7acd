package org.sjd4j.evaluation.metric;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.EvaluationException;
import org.sjd4j.metrics.FeatureExtractor;
import org.sjd4j.metrics.FeatureStatistics;
import org.sjd4j.metrics.StreamingStatistics;

/** What distributions of generated images are compared with: a folder of images, or statistics of some. */
public final class ReferenceImages {
    private static final Pattern IMAGE = Pattern.compile("(?i)\\.(png|jpe?g|bmp|gif|tiff?)$");
    private static final int AT_ONCE = 4;

    private ReferenceImages() {}

    /** Hears how many images are read. */
    @FunctionalInterface
    public interface Listener {
        /** Called after some more images, by several threads at once. */
        void read(int done, int all);
    }

    /**
     * The statistics of reference images.
     *
     * @param source a file of statistics ({@code .safetensors}, or {@code .npz} as pytorch-fid writes it), or a folder of
     *     images
     * @param kept where the statistics of a folder are kept, so that they are computed once
     * @throws EvaluationException if an image cannot be read, or there are none
     * @throws org.sjd4j.tensor.CheckpointException if the statistics are malformed or of other features
     */
    public static FeatureStatistics of(Path source, Path kept, FeatureExtractor extractor, Listener listener) {
        if (!Files.isDirectory(source)) {
            return FeatureStatistics.read(source, extractor.name(), extractor.dimensions());
        }
        var files = images(source);
        Path file = file(kept, files, extractor);
        if (Files.isRegularFile(file)) {
            return FeatureStatistics.read(file, extractor.name(), extractor.dimensions());
        }
        var statistics = new StreamingStatistics(extractor);
        for (int begin = 0; begin < files.size(); begin += AT_ONCE) {
            var some = files.subList(begin, Math.min(files.size(), begin + AT_ONCE));
            extractor.features(some.stream().map(Evaluation::read).toList()).forEach(statistics::add);
            listener.read(begin + some.size(), files.size());
        }
        var result = statistics.statistics();
        try {
            Files.createDirectories(kept);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make " + kept, e);
        }
        result.write(file);
        return result;
    }

    private static Path file(Path kept, List<Path> files, FeatureExtractor extractor) {
        return kept.resolve("reference-" + fingerprint(files, extractor.name()) + ".safetensors");
    }

    /**
     * Checks that {@link #of} will succeed. It decodes all images of a folder whose statistics are not kept yet, for a file
     * that is cut off has a whole header. That takes a small part of the time that their features take.
     *
     * @throws EvaluationException if the folder has too few images, or some cannot be read
     * @throws org.sjd4j.tensor.CheckpointException if the statistics are missing, malformed or of other features
     */
    public static void check(Path source, Path kept, FeatureExtractor extractor, Listener listener) {
        if (!Files.isDirectory(source)) {
            FeatureStatistics.read(source, extractor.name(), extractor.dimensions());
            return;
        }
        var files = images(source);
        if (!Files.isRegularFile(file(kept, files, extractor))) {
            requireReadable(files, listener);
        }
    }

    private static void requireReadable(List<Path> files, Listener listener) {
        var done = new AtomicInteger();
        var failures = files.parallelStream()
                .flatMap(file -> {
                    var failure = failure(file);
                    listener.read(done.incrementAndGet(), files.size());
                    return failure.stream();
                })
                .toList();
        if (!failures.isEmpty()) {
            var first = failures.getFirst();
            String which = failures.size() == 1
                    ? ""
                    : failures.size() + " of " + files.size() + " reference images: the first, ";
            throw new EvaluationException(which + first.getMessage(), first);
        }
    }

    private static Optional<EvaluationException> failure(Path file) {
        try {
            Evaluation.read(file);
            return Optional.empty();
        } catch (EvaluationException e) {
            return Optional.of(e);
        }
    }

    private static List<Path> images(Path folder) {
        List<Path> files;
        try (Stream<Path> entries = Files.walk(folder)) {
            files = entries.filter(entry -> IMAGE.matcher(entry.toString()).find())
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder, e);
        }
        if (files.size() < 2) {
            throw new EvaluationException(
                    folder + " has " + files.size() + " images; a reference needs at least 2, better thousands");
        }
        return new ArrayList<>(files);
    }

    private static String fingerprint(List<Path> files, String extractor) {
        var sum = new CRC32();
        sum.update(extractor.getBytes(StandardCharsets.UTF_8));
        try {
            for (Path file : files) {
                sum.update((file.toAbsolutePath().normalize() + " " + Files.size(file) + " "
                                + Files.getLastModifiedTime(file))
                        .getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the reference images", e);
        }
        return HexFormat.of().toHexDigits((int) sum.getValue());
    }
}
