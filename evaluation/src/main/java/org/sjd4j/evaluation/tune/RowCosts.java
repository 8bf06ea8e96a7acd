package org.sjd4j.evaluation.tune;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.Estimate;

/**
 * How long a forward pass takes, by its number of rows.
 *
 * @param seconds median of a pass as a decoder sees it, tokens in and distributions out; measured for some numbers of rows
 */
public record RowCosts(SortedMap<Integer, Double> seconds) {
    public RowCosts {
        seconds = Collections.unmodifiableSortedMap(new TreeMap<>(seconds));
        if (seconds.isEmpty()) {
            throw new IllegalArgumentException("expected the cost of at least one number of rows");
        }
    }

    /**
     * Measures passes of a loaded model, the numbers of rows taking turns so that a machine that slows down slows all of them
     * down.
     *
     * @param repetitions images over which each is measured
     */
    static RowCosts measure(TextToImage model, String prompt, Sampling sampling, List<Integer> rows, int repetitions) {
        var times = new TreeMap<Integer, List<Double>>();
        for (int repetition = -1; repetition < repetitions; repetition++) { // the first one warms up
            for (int count : rows) {
                var passes = model.timePasses(prompt, sampling, count);
                if (repetition >= 0) {
                    for (double pass : passes) {
                        times.computeIfAbsent(count, _ -> new ArrayList<>()).add(pass);
                    }
                }
            }
        }
        var medians = new TreeMap<Integer, Double>();
        times.forEach((count, passes) -> medians.put(
                count,
                Estimate.of(passes.stream().mapToDouble(Double::doubleValue).toArray())
                        .median()));
        return new RowCosts(medians);
    }

    /** Seconds of a pass of any number of rows: a line between the nearest numbers that were measured, and on beyond them. */
    public double of(double rows) {
        int below = seconds.firstKey();
        int above = seconds.firstKey();
        for (int count : seconds.keySet()) {
            if (count <= rows) {
                below = count;
            }
            above = count;
            if (count >= rows) {
                break;
            }
        }
        if (below == above) {
            return beyond(below, rows);
        }
        double share = (rows - below) / (above - below);
        return (1 - share) * cost(below) + share * cost(above);
    }

    private double beyond(int edge, double rows) {
        var before = seconds.headMap(edge);
        if (edge == rows || before.isEmpty()) {
            return cost(edge);
        }
        int other = before.lastKey();
        return cost(edge) + (rows - edge) * (cost(edge) - cost(other)) / (edge - other);
    }

    private double cost(int rows) {
        return seconds.getOrDefault(rows, Double.NaN);
    }
}
