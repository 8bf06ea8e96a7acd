package org.sjd4j.evaluation.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Rectangle2D;
import java.text.NumberFormat;
import java.util.List;
import java.util.Locale;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.Axis;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.NumberTickUnitSource;
import org.jfree.chart.plot.Plot;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.ui.RectangleInsets;
import org.jfree.chart.util.ShapeUtils;

/** What all plots have in common: colours, marks, fonts. They are drawn twice as large as most screens show them. */
final class ChartStyle {
    /** Width of a plot in pixels; with {@link #FONT} its labels can be read on a phone. */
    static final int WIDTH = 860;

    static final int HEIGHT = 560;

    static final Color GRID = new Color(0xDDDDDD);
    private static final Color INK = new Color(0x1A1A1A);
    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 26);

    /** Okabe and Ito's colours, which people with any kind of colour vision can tell apart. */
    private static final List<Color> COLOURS = List.of(
            new Color(0x0072B2),
            new Color(0xD55E00),
            new Color(0x009E73),
            new Color(0xCC79A7),
            new Color(0xE69F00),
            new Color(0x56B4E9));

    private static final List<Shape> SHAPES = List.of(
            new Ellipse2D.Double(-8, -8, 16, 16),
            new Rectangle2D.Double(-8, -8, 16, 16),
            ShapeUtils.createDiamond(10),
            ShapeUtils.createUpTriangle(9),
            ShapeUtils.createDownTriangle(9));

    private static final List<String> GLYPHS = List.of("●", "■", "◆", "▲", "▼");

    private ChartStyle() {}

    /**
     * The colour of a decoder.
     *
     * @param index among all of them; the first one, autoregression, is black and nothing else is
     */
    static Color colour(int index) {
        return index == 0 ? Color.BLACK : COLOURS.get((index - 1) % COLOURS.size());
    }

    /** How many indices have colours of their own. */
    static int distinctColours() {
        return COLOURS.size() + 1;
    }

    /** The mark of a decoder; together with the colour it is unique for 30 of them. */
    static Shape shape(int index) {
        return SHAPES.get(index % SHAPES.size());
    }

    /** The legend's entry for what has this colour and shape. */
    static Figure.Mark mark(int index, String label) {
        return new Figure.Mark(GLYPHS.get(index % GLYPHS.size()), colour(index), label);
    }

    /** A line that is dashed where the colours begin anew. */
    static BasicStroke line(int index) {
        float[] dash = index <= COLOURS.size() ? null : new float[] {12, 8};
        return new BasicStroke(3, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND, 1, dash, 0);
    }

    /** An axis of numbers. */
    static NumberAxis axis(String label) {
        var axis = new NumberAxis(label);
        axis.setStandardTickUnits(new NumberTickUnitSource(false, NumberFormat.getInstance(Locale.ROOT)));
        return styled(axis);
    }

    /** An axis of whole numbers. */
    static NumberAxis wholeAxis(String label) {
        var axis = new NumberAxis(label);
        axis.setStandardTickUnits(NumberAxis.createIntegerTickUnits(Locale.ROOT));
        return styled(axis);
    }

    static <A extends Axis> A styled(A axis) {
        axis.setLabelFont(FONT);
        axis.setTickLabelFont(FONT);
        axis.setLabelPaint(INK);
        axis.setTickLabelPaint(INK);
        axis.setAxisLineVisible(false);
        axis.setTickMarkPaint(GRID);
        axis.setLabelInsets(new RectangleInsets(6, 4, 4, 10));
        axis.setTickLabelInsets(new RectangleInsets(2, 10, 2, 4));
        return axis;
    }

    static XYPlot styled(XYPlot plot) {
        plot.getRangeAxis().setTickLabelInsets(new RectangleInsets(12, 4, 12, 4)); // few labels, far apart
        plot.setDomainGridlinePaint(GRID);
        plot.setRangeGridlinePaint(GRID);
        plot.setDomainGridlineStroke(new BasicStroke(2));
        plot.setRangeGridlineStroke(new BasicStroke(2));
        return plot;
    }

    /** The plot without title and legend. */
    static JFreeChart chart(Plot plot) {
        plot.setBackgroundPaint(Color.WHITE);
        plot.setOutlineVisible(false);
        plot.setInsets(new RectangleInsets(8, 4, 4, 28));
        var chart = new JFreeChart(null, FONT, plot, false);
        chart.setBackgroundPaint(Color.WHITE);
        chart.setPadding(RectangleInsets.ZERO_INSETS);
        return chart;
    }

    static String image(JFreeChart chart, int width, int height) {
        return DataUri.png(chart.createBufferedImage(width, height));
    }
}
