package org.sjd4j.metrics;

import java.io.Serializable;
import java.util.OptionalLong;

/**
 * Mean and covariance of feature vectors that come one after the other and are not kept, in double precision: each moves
 * the mean and adds its deviation (Welford, Technometrics 4, 1962), so that nothing cancels however far the features are
 * from zero. Parts that were counted apart, such as by several threads, can be merged (Chan, Golub and LeVeque, The
 * American Statistician 37, 1983).
 *
 * <p>Not for use by several threads at once. What one process counted can be sent to another one.
 */
public final class StreamingStatistics implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String features;
    private final double[] mean;

    /** Sums of products of deviations from the mean, row by row from the diagonal on. */
    private final double[] products;

    private final double[] deviation;
    private long count;

    /**
     * Statistics of nothing so far.
     *
     * @param features {@linkplain FeatureExtractor#name what the vectors are}
     * @param dimensions length of a vector
     */
    public StreamingStatistics(String features, int dimensions) {
        this.features = features;
        this.mean = new double[dimensions];
        this.products = new double[Math.toIntExact(dimensions * (dimensions + 1L) / 2)];
        this.deviation = new double[dimensions];
    }

    /** As {@link #StreamingStatistics(String, int)}, for the features of a network. */
    public StreamingStatistics(FeatureExtractor extractor) {
        this(extractor.name(), extractor.dimensions());
    }

    /** How many vectors were counted. */
    public long count() {
        return count;
    }

    /**
     * Counts a vector.
     *
     * @throws IllegalArgumentException if it has another length, or an element is no finite number; it is not counted then
     */
    public void add(float[] vector) {
        if (vector.length != mean.length) {
            throw new IllegalArgumentException(
                    "found features of length " + vector.length + ", expected " + mean.length);
        }
        for (int i = 0; i < vector.length; i++) {
            if (!Float.isFinite(vector[i])) {
                throw new IllegalArgumentException("found " + vector[i] + " as feature " + i + ", expected a number");
            }
            deviation[i] = vector[i] - mean[i];
        }
        count++;
        moveTo(1.0 / count, (count - 1.0) / count);
    }

    /**
     * Counts what another one counted, which stays as it is.
     *
     * @throws IllegalArgumentException if it is of other features
     */
    public void merge(StreamingStatistics other) {
        if (!features.equals(other.features) || mean.length != other.mean.length) {
            throw new IllegalArgumentException("found features '" + other.features + "' of length " + other.mean.length
                    + ", expected '" + features + "' of length " + mean.length);
        }
        if (other.count == 0) {
            return;
        }
        for (int i = 0; i < mean.length; i++) {
            deviation[i] = other.mean[i] - mean[i];
        }
        for (int i = 0; i < products.length; i++) {
            products[i] += other.products[i];
        }
        long sum = count + other.count;
        moveTo((double) other.count / sum, (double) count * other.count / sum);
        count = sum;
    }

    private void moveTo(double share, double weight) {
        int at = 0;
        for (int row = 0; row < mean.length; row++) {
            double factor = weight * deviation[row];
            mean[row] += share * deviation[row];
            for (int column = row; column < mean.length; column++) {
                products[at++] += factor * deviation[column];
            }
        }
    }

    /**
     * What was counted so far; the covariance has the divisor {@code count - 1}.
     *
     * @throws IllegalStateException if fewer than two vectors were counted
     */
    public FeatureStatistics statistics() {
        if (count < 2) {
            throw new IllegalStateException("found " + count + " images, expected two or more: one has no covariance");
        }
        int dimensions = mean.length;
        double[] covariance = new double[Math.multiplyExact(dimensions, dimensions)];
        int at = 0;
        for (int row = 0; row < dimensions; row++) {
            for (int column = row; column < dimensions; column++) {
                double value = products[at++] / (count - 1);
                covariance[row * dimensions + column] = value;
                covariance[column * dimensions + row] = value;
            }
        }
        return new FeatureStatistics(features, OptionalLong.of(count), mean, covariance);
    }
}
