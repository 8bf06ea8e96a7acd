package org.sjd4j.parity;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.metrics.FeatureStatistics;
import org.sjd4j.metrics.FrechetDistance;
import org.sjd4j.metrics.StreamingStatistics;
import org.sjd4j.metrics.inception.InceptionBlock;
import org.sjd4j.tensor.Tensors;
import tools.jackson.databind.JsonNode;

/** Checks of statistics and distances: from images, from features, and from means and covariances. */
final class FrechetParity {
    /** Of the whole network: the official run in single precision is itself as far as 7e-5 from one in double. */
    static final double WHOLE = 2e-4;

    /** Errors of distances count relative to the traces of the covariances, whose difference they are. */
    private static final double DISTANCE = 2e-7;

    private static final double DISTANCE_OF_FULL_RANK = 1e-9;
    private static final double DISTANCE_OF_IMAGES = 2e-6;

    /** Of sums of doubles in another order. */
    private static final double SUMS = 1e-12;

    private static final Set<String> FULL_RANK = Set.of("plain", "same", "e2e.dims64");

    /** The same distance computed otherwise; these values differ from each other by the golden spread. */
    private static final List<String> OTHER_WAYS =
            List.of("fid_eigh", "fid_60_digits", "fid_pytorch_fid_scipy_1.10.1", "fid_pytorch_fid_scipy_1.17.1");

    private final Golden golden;
    private final BiFunction<List<BufferedImage>, InceptionBlock, Tensor> network;

    FrechetParity(Golden golden, BiFunction<List<BufferedImage>, InceptionBlock, Tensor> network) {
        this.golden = golden;
        this.network = network;
    }

    void check() {
        JsonNode cases = golden.json("fid_golden.json").path("cases");
        cases.properties().forEach(entry -> distance(entry.getKey(), entry.getValue()));
        for (InceptionBlock block : InceptionBlock.values()) {
            String name = "e2e.dims" + block.published();
            if (golden.has(name + ".features1")) {
                images(name, block, cases.path(name));
            }
        }
    }

    private void distance(String name, JsonNode expected) {
        FeatureStatistics first = statistics(name, "1", expected);
        FeatureStatistics second = statistics(name, "2", expected);
        var ours = FrechetDistance.between(first, second);
        double magnitude = expected.path("trace_part").doubleValue();
        golden.within(
                name + ".mean_part", ours.meanPart(), expected.path("mean_part").doubleValue(), magnitude, SUMS);
        golden.within(name + ".trace_part", ours.tracePart(), magnitude, magnitude, SUMS);
        golden.holds(
                name + ": a warning if there are too few images",
                ours.warning().isPresent()
                        == expected.path("n").intValue() <= expected.path("d").intValue());
        double tolerance = FULL_RANK.contains(name) ? DISTANCE_OF_FULL_RANK : DISTANCE;
        golden.within(name + ".fid", ours.distance(), expected.path("fid").doubleValue(), magnitude, tolerance);
        double spread = expected.path("spread").doubleValue() / magnitude;
        for (String value : OTHER_WAYS) {
            if (expected.path(value).isNumber()) { // a version of SciPy that fails has none
                golden.within(
                        name + "." + value,
                        ours.distance(),
                        expected.path(value).doubleValue(),
                        magnitude,
                        tolerance + spread);
            }
        }
    }

    /** From features where they are there, compared with the mean and covariance beside them. */
    private FeatureStatistics statistics(String name, String set, JsonNode expected) {
        if (!golden.has(name + ".features" + set)) {
            return new FeatureStatistics(
                    name,
                    OptionalLong.of(expected.path("n").longValue()),
                    Tensors.doubles(golden.get(name + ".mu" + set)),
                    Tensors.doubles(golden.get(name + ".sigma" + set)));
        }
        FeatureStatistics ours = statistics(name, golden.get(name + ".features" + set));
        sums(name + ".mu" + set, ours.mean());
        sums(name + ".sigma" + set, ours.covariance());
        return ours;
    }

    private void sums(String name, double[] ours) {
        if (golden.has(name)) {
            golden.close(name, ours, Tensors.doubles(golden.get(name)), SUMS);
        }
    }

    /** Of features {@code [n, d]}. */
    private static FeatureStatistics statistics(String name, Tensor features) {
        int d = Math.toIntExact(features.size(1));
        var counted = new StreamingStatistics(name, d);
        float[] values = Tensors.floats(features);
        for (int at = 0; at < values.length; at += d) {
            counted.add(Arrays.copyOfRange(values, at, at + d));
        }
        return counted.statistics();
    }

    private void images(String name, InceptionBlock block, JsonNode expected) {
        Tensor first = features(name + ".features1", "e2e.set1.uint8_nhwc", block);
        Tensor second = features(name + ".features2", "e2e.set2.uint8_nhwc", block);
        var ours = FrechetDistance.between(statistics(name, first), statistics(name, second));
        golden.within(
                name + ".fid from images",
                ours.distance(),
                expected.path("fid").doubleValue(),
                expected.path("trace_part").doubleValue(),
                DISTANCE_OF_IMAGES);
    }

    private Tensor features(String name, String images, InceptionBlock block) {
        Tensor ours = network.apply(golden.images(images), block);
        golden.close(name, ours, golden.get(name), WHOLE);
        return ours;
    }
}
