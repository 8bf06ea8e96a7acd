package org.sjd4j.evaluation.report;

import java.util.Arrays;
import java.util.List;
import org.sjd4j.decode.RasterLayout;

/** Where in the image a decoder is fast: how many tokens are accepted along with the one at each place. */
final class AcceptanceMap {
    private AcceptanceMap() {}

    /**
     * The mean number of tokens accepted by the step that accepts a place's token, itself included.
     *
     * @param acceptedPerStep of the images of one decoder, at least one
     * @return by line, then by column
     */
    static double[][] of(List<int[]> acceptedPerStep, RasterLayout layout) {
        double[] sums = new double[layout.length()];
        for (int[] image : acceptedPerStep) {
            int position = 0;
            for (int accepted : image) {
                for (int end = position + accepted; position < end; position++) {
                    sums[position] += accepted;
                }
            }
        }
        double[][] map = new double[layout.lines()][layout.columns()];
        for (int line = 0; line < map.length; line++) {
            for (int column = 0; column < map[line].length; column++) {
                map[line][column] = sums[layout.position(line, column)] / acceptedPerStep.size();
            }
        }
        return map;
    }

    /** The largest value of all maps. */
    static double largest(List<double[][]> maps) {
        return maps.stream()
                .flatMap(Arrays::stream)
                .flatMapToDouble(Arrays::stream)
                .max()
                .orElse(1);
    }
}
