package org.sjd4j.evaluation.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.text.NumberFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.function.Function;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.NumberTickUnit;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.ValueMarker;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYErrorRenderer;
import org.jfree.data.xy.XYIntervalSeries;
import org.jfree.data.xy.XYIntervalSeriesCollection;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.run.Summary;

/** Plots of points and lines, with intervals where a value is a mean. */
final class LineCharts {
    private static final int LEAST_ACCEPTED = 4;
    private static final int MOST_ACCEPTED = 32;

    /** So many times the largest mean is the most that an axis shows: intervals of two images may reach anywhere. */
    private static final double HEADROOM = 2;

    private LineCharts() {}

    /** Steps against latency, a point for each decoder. */
    static Figure cost(List<Summary> summaries) {
        var lines = new Lines(false);
        for (int i = 0; i < summaries.size(); i++) {
            var summary = summaries.get(i);
            lines.begin(i, summary.choice().label());
            lines.point(around(summary.steps()), around(summary.seconds()));
        }
        var steps = ChartStyle.axis("steps per image");
        var seconds = ChartStyle.axis("latency, seconds per image");
        return lines.figure(
                "Steps against latency",
                steps,
                seconds,
                "Each mark is a decoder's mean, its lines ± the standard errors; the nearer to the lower left, the faster.");
    }

    private static Interval around(Estimate estimate) {
        double error = Double.isNaN(estimate.standardError()) ? 0 : estimate.standardError();
        return new Interval(estimate.mean(), estimate.mean() - error, estimate.mean() + error);
    }

    /**
     * How often at least so many tokens are accepted in one step, a line for each decoder but autoregression.
     *
     * @param runs accepted tokens of each step of each image
     */
    static Figure accepted(SequencedMap<DecoderChoice, List<int[]>> runs) {
        int most = mostAccepted(runs);
        var lines = new Lines(true);
        int index = 0;
        for (var entry : runs.entrySet()) {
            if (!entry.getKey().isBaseline()) {
                lines.begin(index, entry.getKey().label());
                double[] shares = shares(entry.getValue(), most);
                for (int i = 0; i < most; i++) {
                    lines.point(Interval.of(i + 1), Interval.of(shares[i]));
                }
            }
            index++;
        }
        return lines.figure(
                "Tokens accepted in one step",
                ChartStyle.wholeAxis("accepted tokens, at least"),
                ChartStyle.axis("share of steps, %"),
                "Each line says how many of a decoder's steps accept at least so many tokens; the higher it runs, the fewer"
                        + " steps are needed, and ar would fall to nothing after 1.");
    }

    /** The most tokens that any decoder accepts in one step, within what a plot can show. */
    private static int mostAccepted(SequencedMap<DecoderChoice, List<int[]>> runs) {
        int most = runs.values().stream()
                .flatMap(List::stream)
                .flatMapToInt(Arrays::stream)
                .max()
                .orElse(1);
        return Math.clamp(most, LEAST_ACCEPTED, MOST_ACCEPTED);
    }

    /** Percentages of steps that accept at least 1, 2, 3, ... tokens, by the accepted tokens of each step of each image. */
    static double[] shares(List<int[]> runs, int most) {
        double[] shares = new double[most];
        long steps = runs.stream().mapToLong(run -> run.length).sum();
        for (int[] run : runs) {
            for (int accepted : run) {
                for (int i = 0; i < Math.min(accepted, most); i++) {
                    shares[i] += 100.0 / steps;
                }
            }
        }
        return shares;
    }

    /** What a setting does to the steps. */
    static Figure steps(Sweep sweep) {
        var lines = lines(sweep, summary -> around(summary.steps()));
        return lines.figure(
                "Steps by " + sweep.setting().title(),
                axis(sweep),
                ChartStyle.axis("steps per image"),
                "Each line is a decoder with different %s and everything else alike, bars are ± the standard errors;"
                                .formatted(sweep.setting().plural())
                        + " lower is better.");
    }

    /** What a setting does to the speed-up. */
    static Figure speedUp(Sweep sweep) {
        var lines = lines(sweep, summary -> {
            var speedUp = summary.speedUp();
            return Double.isNaN(speedUp.low())
                    ? Interval.of(speedUp.mean())
                    : new Interval(speedUp.mean(), speedUp.low(), speedUp.high());
        });
        var autoregression = new ValueMarker(1, Color.BLACK, new BasicStroke(2));
        lines.plot.addRangeMarker(autoregression);
        lines.largest = Math.max(lines.largest, 1); // the mark is to be seen
        return lines.figure(
                "Speed-up by " + sweep.setting().title(),
                axis(sweep),
                ChartStyle.axis("latency of ar / latency"),
                "Each line is a decoder with different %s, bars are 95 %% intervals, which may go on above;"
                                .formatted(sweep.setting().plural())
                        + " higher is better, and the black line is as fast as ar.");
    }

    private static Lines lines(Sweep sweep, Function<Summary, Interval> figure) {
        var lines = new Lines(true);
        for (var line : sweep.lines()) {
            lines.begin(line.index(), line.label());
            line.points().forEach((value, summary) -> lines.point(Interval.of(value), figure.apply(summary)));
        }
        return lines;
    }

    private static ValueAxis axis(Sweep sweep) {
        String label = sweep.setting().axis();
        if (!sweep.setting().logarithmic()) {
            return ChartStyle.wholeAxis(label);
        }
        var axis = ChartStyle.styled(new LogAxis(label));
        axis.setBase(2);
        axis.setTickUnit(new NumberTickUnit(1));
        axis.setMinorTickMarksVisible(false);
        axis.setNumberFormatOverride(NumberFormat.getIntegerInstance(Locale.ROOT));
        return axis;
    }

    /** A value and how far it may be off. */
    private record Interval(double value, double low, double high) {
        static Interval of(double exact) {
            return new Interval(exact, exact, exact);
        }
    }

    /** A plot that grows series by series. */
    private static final class Lines {
        private final XYIntervalSeriesCollection data = new XYIntervalSeriesCollection();
        private final XYErrorRenderer renderer = new XYErrorRenderer();
        private final List<Figure.Mark> legend = new ArrayList<>();
        private final XYPlot plot = new XYPlot(data, null, null, renderer);

        private double largest;

        Lines(boolean connected) {
            renderer.setDefaultLinesVisible(connected);
            renderer.setErrorStroke(new BasicStroke(2.5f));
            renderer.setCapLength(10);
        }

        void begin(int index, String label) {
            int series = data.getSeriesCount();
            data.addSeries(new XYIntervalSeries(label));
            renderer.setSeriesPaint(series, ChartStyle.colour(index));
            renderer.setSeriesShape(series, ChartStyle.shape(index));
            renderer.setSeriesStroke(series, ChartStyle.line(index));
            legend.add(ChartStyle.mark(index, label));
        }

        void point(Interval x, Interval y) {
            largest = Math.max(largest, y.value());
            data.getSeries(data.getSeriesCount() - 1).add(x.value(), x.low(), x.high(), y.value(), y.low(), y.high());
        }

        Figure figure(String title, ValueAxis x, ValueAxis y, String reading) {
            plot.setDomainAxis(x);
            plot.setRangeAxis(y);
            if (y instanceof NumberAxis numbers) {
                numbers.setAutoRangeIncludesZero(true);
                numbers.setUpperBound(Math.min(numbers.getUpperBound(), HEADROOM * largest));
            }
            if (x instanceof NumberAxis numbers) {
                numbers.setAutoRangeIncludesZero(!renderer.getDefaultLinesVisible());
                numbers.setLowerMargin(0.02);
                numbers.setUpperMargin(0.02);
            }
            return new Figure(
                    title,
                    ChartStyle.image(ChartStyle.chart(ChartStyle.styled(plot)), ChartStyle.WIDTH, ChartStyle.HEIGHT),
                    List.copyOf(legend),
                    reading);
        }
    }
}
