package org.sjd4j.evaluation.report;

import java.awt.Color;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.LookupPaintScale;
import org.jfree.chart.renderer.PaintScale;
import org.jfree.chart.renderer.xy.XYBlockRenderer;
import org.jfree.chart.title.PaintScaleLegend;
import org.jfree.chart.ui.RectangleAnchor;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.data.xy.DefaultXYZDataset;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.run.Trajectory;
import org.sjd4j.evaluation.run.Trajectory.State;

/** Plots of coloured cells: where tokens are accepted, and how they came about. */
final class HeatMaps {
    private static final int MAP_WIDTH = 420;
    private static final int MAP_AXIS = 84;
    private static final int BAR_HEIGHT = 110;

    /** More cells than this in one direction are narrower than a pixel: only every second, third, ... one is drawn. */
    private static final int MOST_CELLS = 400;

    private HeatMaps() {}

    private static Color colour(State state) {
        return switch (state) {
            case ACCEPTED -> new Color(0xD0D0D0);
            case RIGHT_DRAFT -> ChartStyle.colour(1);
            case WRONG_DRAFT -> ChartStyle.colour(5);
            case AHEAD -> Color.WHITE;
        };
    }

    /** The colours of all maps of one scale. */
    static Figure colourBar(Viridis scale) {
        NumberAxis axis = ChartStyle.axis("tokens accepted in the same step (mean)");
        axis.setRange(scale.low(), scale.high());
        var bar = new PaintScaleLegend(scale, axis);
        bar.setPosition(RectangleEdge.BOTTOM);
        bar.setSubdivisionCount(ChartStyle.WIDTH);
        bar.setStripOutlineVisible(false);
        bar.setStripWidth(30);
        bar.setBackgroundPaint(Color.WHITE);
        bar.setPadding(4, 20, 4, 20);
        var image = new BufferedImage(ChartStyle.WIDTH, BAR_HEIGHT, BufferedImage.TYPE_INT_RGB);
        var graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        bar.draw(graphics, new Rectangle2D.Double(0, 0, ChartStyle.WIDTH, BAR_HEIGHT));
        graphics.dispose();
        return new Figure(
                "Colours of all maps",
                DataUri.png(image),
                List.of(),
                "Each cell is a place of the image; the brighter it is, the more tokens are accepted together with its"
                        + " own.");
    }

    /** An {@link AcceptanceMap}. */
    static Figure acceptance(DecoderChoice choice, double[][] map, Viridis scale) {
        var cells = new Cells();
        for (int line = 0; line < map.length; line++) {
            for (int column = 0; column < map[line].length; column++) {
                cells.add(column + 1, line + 1, map[line][column]);
            }
        }
        int columns = map[0].length;
        var plot = cells.plot(scale, 1, 1, columns, map.length, "column", "line");
        int height = MAP_AXIS + (MAP_WIDTH - MAP_AXIS) * map.length / columns;
        return new Figure("Where " + choice.label() + " accepts", image(plot, MAP_WIDTH, height), List.of(), "");
    }

    /** A {@link Trajectory}, time running downwards. */
    static Figure trajectory(DecoderChoice choice, Trajectory trajectory) {
        int positions = trajectory.tokens().length;
        int steps = trajectory.steps().size();
        int width = Math.ceilDiv(positions, MOST_CELLS);
        int height = Math.ceilDiv(steps, MOST_CELLS);
        var cells = new Cells();
        for (int step = 0; step < steps; step += height) {
            for (int position = 0; position < positions; position += width) {
                var state = trajectory.state(step, position);
                if (state != State.AHEAD) {
                    cells.add(position + 1 + (width - 1) / 2.0, step + 1 + (height - 1) / 2.0, state.ordinal());
                }
            }
        }
        var scale = new LookupPaintScale(0, State.values().length, Color.WHITE);
        for (var state : State.values()) {
            scale.add(state.ordinal(), colour(state));
        }
        var plot = cells.plot(scale, width, height, positions, steps, "position in raster order", "step");
        return new Figure(
                "How " + choice.label() + " came to its tokens",
                image(plot, ChartStyle.WIDTH, ChartStyle.HEIGHT),
                List.of(),
                "");
    }

    /** What the colours of trajectories mean. */
    static List<Figure.Mark> legendOfTrajectories() {
        return List.of(
                new Figure.Mark("■", colour(State.ACCEPTED), "accepted, will not change"),
                new Figure.Mark("■", colour(State.RIGHT_DRAFT), "draft, equal to the final token"),
                new Figure.Mark("■", colour(State.WRONG_DRAFT), "draft, differs from it"));
    }

    private static String image(XYPlot plot, int width, int height) {
        var chart = ChartStyle.chart(plot);
        chart.setAntiAlias(false); // seams would shine through between cells
        chart.setTextAntiAlias(true);
        return ChartStyle.image(chart, width, height);
    }

    /** Cells with a place and a value, counted from 1. */
    private static final class Cells {
        private final List<double[]> cells = new ArrayList<>();

        /** A cell by its centre. */
        void add(double x, double y, double value) {
            cells.add(new double[] {x, y, value});
        }

        XYPlot plot(PaintScale scale, int width, int height, int columns, int lines, String x, String y) {
            double[][] values = new double[3][cells.size()];
            for (int i = 0; i < cells.size(); i++) {
                for (int axis = 0; axis < 3; axis++) {
                    values[axis][i] = cells.get(i)[axis];
                }
            }
            var data = new DefaultXYZDataset();
            data.addSeries("", values);
            var renderer = new XYBlockRenderer();
            renderer.setPaintScale(scale);
            renderer.setBlockWidth(width);
            renderer.setBlockHeight(height);
            renderer.setBlockAnchor(RectangleAnchor.CENTER);
            NumberAxis across = ChartStyle.wholeAxis(x);
            across.setRange(0.5, columns + 0.5);
            NumberAxis down = ChartStyle.wholeAxis(y);
            down.setRange(0.5, lines + 0.5);
            down.setInverted(true);
            var plot = ChartStyle.styled(new XYPlot(data, across, down, renderer));
            plot.setDomainGridlinesVisible(false);
            plot.setRangeGridlinesVisible(false);
            return plot;
        }
    }
}
