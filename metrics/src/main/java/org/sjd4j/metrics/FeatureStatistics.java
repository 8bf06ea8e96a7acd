package org.sjd4j.metrics;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;
import org.sjd4j.checkpoint.SafetensorsFile;
import org.sjd4j.checkpoint.SafetensorsWriter;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.DType;

/** Mean and covariance of the features of many images: all that FID knows of a set of images. Immutable. */
public final class FeatureStatistics {
    private static final String MEAN = "mu";
    private static final String COVARIANCE = "sigma";
    private static final String FEATURES = "features";
    private static final String COUNT = "count";
    private static final String ADVICE = "compute the statistics again, with the network that you compare by";
    private static final ValueLayout.OfDouble F64 =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** How far apart the two halves of a covariance may be, relative to its largest element. */
    private static final double SYMMETRY = 1e-6;

    private final String features;
    private final OptionalLong count;
    private final double[] mean;
    private final double[] covariance;

    /**
     * Statistics that were computed elsewhere.
     *
     * @param features {@linkplain FeatureExtractor#name what the features are}
     * @param count number of images, if it is known
     * @param mean {@code [d]}
     * @param covariance {@code [d, d]}, row by row
     * @throws IllegalArgumentException if the sizes differ, there are fewer than two images, or the covariance is not symmetric, has a negative variance
     *     or something that is no finite number
     */
    public FeatureStatistics(String features, OptionalLong count, double[] mean, double[] covariance) {
        this.features = features;
        this.count = count;
        this.mean = mean.clone();
        this.covariance = covariance.clone();
        require();
    }

    private void require() {
        int d = mean.length;
        if (d == 0 || (long) d * d != covariance.length) {
            throw new IllegalArgumentException("a covariance of " + covariance.length + " elements and a mean of " + d);
        }
        if (count.isPresent() && count.getAsLong() < 2) {
            throw new IllegalArgumentException("a covariance of " + count.getAsLong() + " images");
        }
        double largest = 0;
        for (double value : covariance) {
            largest = Math.max(largest, Math.abs(value)); // NaN stays
        }
        double sum = 0;
        for (double value : mean) {
            sum += value;
        }
        if (!Double.isFinite(largest) || !Double.isFinite(sum)) {
            throw new IllegalArgumentException("something that is no finite number");
        }
        for (int row = 0; row < d; row++) {
            if (covariance[row * d + row] < 0) {
                throw new IllegalArgumentException("a negative variance of feature " + row);
            }
            for (int column = 0; column < row; column++) {
                if (Math.abs(covariance[row * d + column] - covariance[column * d + row]) > SYMMETRY * largest) {
                    throw new IllegalArgumentException("a covariance that is not symmetric");
                }
            }
        }
    }

    /** {@linkplain FeatureExtractor#name What the features are}. */
    public String features() {
        return features;
    }

    /** Number of images; not known of files that pytorch-fid wrote. */
    public OptionalLong count() {
        return count;
    }

    /** Length of a feature vector. */
    public int dimensions() {
        return mean.length;
    }

    /** A copy of the mean, {@code [d]}. */
    public double[] mean() {
        return mean.clone();
    }

    /** A copy of the covariance with divisor {@code n - 1}, {@code [d, d]} row by row. */
    public double[] covariance() {
        return covariance.clone();
    }

    /**
     * Writes them as a safetensors file: {@code mu} and {@code sigma} in F64, what the features are and the number of
     * images as metadata.
     *
     * @throws CheckpointException if the file cannot be written
     */
    public void write(Path file) {
        try (var arena = Arena.ofConfined()) {
            long d = mean.length;
            var writer = new SafetensorsWriter()
                    .metadata(FEATURES, features)
                    .add(MEAN, DType.F64, new long[] {d}, arena.allocateFrom(F64, mean))
                    .add(COVARIANCE, DType.F64, new long[] {d, d}, arena.allocateFrom(F64, covariance));
            count.ifPresent(number -> writer.metadata(COUNT, Long.toString(number)));
            writer.write(file);
        }
    }

    /**
     * Reads what {@link #write} wrote, or an {@code .npz} file as pytorch-fid writes and publishes them, which does not say
     * of what network it is: only the length of the features can be checked then.
     *
     * @param features {@linkplain FeatureExtractor#name what the features must be}
     * @param dimensions how long they must be
     * @throws CheckpointException if the file is malformed, or holds statistics of other features
     */
    public static FeatureStatistics read(Path file, String features, int dimensions) {
        try {
            return file.toString().endsWith(".npz")
                    ? new FeatureStatistics(
                            features,
                            OptionalLong.empty(),
                            NumpyArchive.doubles(file, MEAN, dimensions),
                            NumpyArchive.doubles(file, COVARIANCE, dimensions, dimensions))
                    : readSafetensors(file, features, dimensions);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(
                    file.toString(), String.valueOf(e.getMessage()), "statistics of images", ADVICE, e);
        }
    }

    private static FeatureStatistics readSafetensors(Path path, String features, int dimensions) {
        try (var file = SafetensorsFile.open(path)) {
            String found = file.metadata().get(FEATURES);
            if (!features.equals(found)) {
                throw new CheckpointException(
                        path.toString(),
                        found == null ? "no statistics of images" : "statistics of features '" + found + "'",
                        "those of '" + features + "'",
                        ADVICE);
            }
            String number = file.metadata().get(COUNT);
            return new FeatureStatistics(
                    features,
                    number == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(number)),
                    doubles(file, MEAN, dimensions),
                    doubles(file, COVARIANCE, dimensions, dimensions));
        }
    }

    private static double[] doubles(SafetensorsFile file, String name, long... shape) {
        var info = file.info(name);
        if (info.dtype() != DType.F64 || !Arrays.equals(info.shape(), shape)) {
            throw new IllegalArgumentException(info + " instead of F64" + Arrays.toString(shape));
        }
        MemorySegment data = file.segment(name);
        return data.toArray(F64);
    }

    /** The mean itself, not to be written to. */
    double[] meanInPlace() {
        return mean;
    }

    /** The covariance itself, not to be written to. */
    double[] covarianceInPlace() {
        return covariance;
    }
}
