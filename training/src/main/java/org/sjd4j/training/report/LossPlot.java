package org.sjd4j.training.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import org.jfree.chart.ChartFactory;
import org.jfree.chart.ChartUtils;
import org.jfree.chart.StandardChartTheme;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.ui.RectangleInsets;
import org.jfree.data.xy.XYDataset;

/** Curves of losses over the steps of a run, as an image. */
final class LossPlot {
    private static final int WIDTH = 1000;
    private static final int HEIGHT = 600;
    private static final Color GRID = new Color(0xDDDDDD);

    /** Okabe and Ito's colours, which people with any kind of colour vision can tell apart. */
    private static final List<Color> COLOURS = List.of(
            Color.BLACK,
            new Color(0x0072B2),
            new Color(0xD55E00),
            new Color(0x009E73),
            new Color(0xCC79A7),
            new Color(0xE69F00),
            new Color(0x56B4E9));

    private LossPlot() {}

    /** The bytes of a PNG file. */
    static byte[] png(XYDataset curves) {
        var chart = ChartFactory.createXYLineChart("Training", "step", "loss", curves);
        theme().apply(chart);
        chart.setPadding(new RectangleInsets(8, 8, 8, 24));
        style(chart.getXYPlot());
        try {
            return ChartUtils.encodeAsPNG(chart.createBufferedImage(WIDTH, HEIGHT));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot encode a PNG in memory", e);
        }
    }

    private static StandardChartTheme theme() {
        var theme = new StandardChartTheme("training");
        theme.setExtraLargeFont(new Font(Font.SANS_SERIF, Font.BOLD, 22));
        theme.setLargeFont(new Font(Font.SANS_SERIF, Font.PLAIN, 18));
        theme.setRegularFont(new Font(Font.SANS_SERIF, Font.PLAIN, 16));
        theme.setPlotBackgroundPaint(Color.WHITE);
        theme.setDomainGridlinePaint(GRID);
        theme.setRangeGridlinePaint(GRID);
        return theme;
    }

    private static void style(XYPlot plot) {
        plot.getDomainAxis().setStandardTickUnits(NumberAxis.createIntegerTickUnits(Locale.ROOT));
        plot.getRangeAxis().setStandardTickUnits(NumberAxis.createStandardTickUnits(Locale.ROOT));
        ((NumberAxis) plot.getRangeAxis()).setAutoRangeIncludesZero(false);
        var renderer = plot.getRenderer();
        for (int i = 0; i < plot.getSeriesCount(); i++) {
            float[] dash = i < COLOURS.size() ? null : new float[] {8, 6};
            renderer.setSeriesPaint(i, COLOURS.get(i % COLOURS.size()));
            renderer.setSeriesStroke(i, new BasicStroke(2, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND, 1, dash, 0));
        }
    }
}
