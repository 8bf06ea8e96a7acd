package org.sjd4j.evaluation;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.IChart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The plots of a comparison, as PNG files, twice as large as they are shown. */
final class Charts {
    /** Okabe and Ito's colours, which people with any kind of colour vision can tell apart. */
    private static final Color[] COLOURS = {
        new Color(0x0072B2),
        new Color(0xD55E00),
        new Color(0x009E73),
        new Color(0xCC79A7),
        new Color(0xE69F00),
        new Color(0x56B4E9),
        new Color(0x000000)
    };

    private static final Marker[] MARKERS = {
        SeriesMarkers.CIRCLE,
        SeriesMarkers.SQUARE,
        SeriesMarkers.DIAMOND,
        SeriesMarkers.TRIANGLE_UP,
        SeriesMarkers.TRIANGLE_DOWN,
        SeriesMarkers.CROSS
    };

    private static final int WIDTH = 1080;
    private static final int HEIGHT = 720;
    private static final int LEAST_ACCEPTED = 4;
    private static final int MOST_ACCEPTED = 24;

    private Charts() {}

    /** Bars of the mean steps of each decoder, with standard errors. */
    static byte[] steps(List<Summary> summaries) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("Forward passes per picture")
                .xAxisTitle("decoder")
                .yAxisTitle("steps (mean ± standard error)")
                .build();
        style(chart.getStyler());
        chart.getStyler().setLegendVisible(false);
        chart.getStyler().setXAxisLabelRotation(summaries.size() > 4 ? 35 : 0);
        chart.getStyler().setLabelsVisible(false);
        chart.getStyler().setYAxisMin(0.0);
        chart.addSeries(
                        "steps",
                        summaries.stream()
                                .map(summary -> summary.choice().shortLabel())
                                .toList(),
                        summaries.stream()
                                .map(summary -> summary.steps().mean())
                                .toList(),
                        summaries.stream()
                                .map(summary -> orZero(summary.steps().standardError()))
                                .toList())
                .setFillColor(COLOURS[0]);
        return png(chart);
    }

    private static double orZero(double value) {
        return Double.isNaN(value) ? 0 : value;
    }

    /** How often how many tokens are accepted in one step, a line for each decoder but autoregression. */
    static byte[] accepted(Comparison comparison) {
        int most = mostAccepted(comparison);
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("Tokens accepted in one step")
                .xAxisTitle("accepted tokens" + (most == MOST_ACCEPTED ? " (last point: " + most + " or more)" : ""))
                .yAxisTitle("share of steps, %")
                .build();
        style(chart.getStyler());
        chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE);
        chart.getStyler().setXAxisMin(1.0);
        chart.getStyler().setXAxisMax((double) most);
        chart.getStyler().setYAxisMin(0.0);
        chart.getStyler().setMarkerSize(12);
        double[] x = IntStream.rangeClosed(1, most).asDoubleStream().toArray();
        int index = 0;
        for (DecoderChoice choice : comparison.plan().choices()) {
            if (!choice.isBaseline()) {
                var series = chart.addSeries(choice.shortLabel(), x, shares(comparison.runs(choice), most));
                series.setMarker(MARKERS[index % MARKERS.length]);
                series.setMarkerColor(COLOURS[index % COLOURS.length]);
                series.setLineColor(COLOURS[index % COLOURS.length]);
                series.setLineStyle(index < COLOURS.length ? SeriesLines.SOLID : SeriesLines.DASH_DASH);
                index++;
            }
        }
        return png(chart);
    }

    /** The most tokens that any decoder accepts in one step, within what a plot can show. */
    private static int mostAccepted(Comparison comparison) {
        int most = comparison.runs().stream()
                .flatMapToInt(run -> Arrays.stream(run.statistics().acceptedPerStep()))
                .max()
                .orElse(1);
        return Math.clamp(most, LEAST_ACCEPTED, MOST_ACCEPTED);
    }

    /** Percentages of steps that accept 1, 2, 3, ... tokens; the last one takes all that accept more. */
    static double[] shares(List<Run> runs, int most) {
        double[] shares = new double[most];
        long steps = runs.stream().mapToLong(run -> run.statistics().steps()).sum();
        for (Run run : runs) {
            for (int accepted : run.statistics().acceptedPerStep()) {
                shares[Math.min(accepted, most) - 1] += 100.0 / steps;
            }
        }
        return shares;
    }

    private static void style(AxesChartStyler styler) {
        styler.setYAxisTickMarkSpacingHint(90);
        styler.setXAxisTickMarkSpacingHint(70);
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setPlotBorderVisible(false);
        styler.setPlotGridLinesColor(new Color(0xDDDDDD));
        styler.setChartTitleBoxVisible(false);
        styler.setChartTitleFont(font(Font.BOLD, 34));
        styler.setAxisTitleFont(font(Font.PLAIN, 28));
        styler.setAxisTickLabelsFont(font(Font.PLAIN, 24));
        styler.setLegendFont(font(Font.PLAIN, 24));
        styler.setLegendBorderColor(new Color(0xDDDDDD));
        styler.setLocale(Locale.ROOT);
    }

    private static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }

    private static byte[] png(IChart chart) {
        try {
            return BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot draw a plot", e);
        }
    }
}
